package dev.lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a suite has found is kept while it runs, and what was there is not lost. */
class ReportFolderTest {
  private static final Report FIRST = Reports.of(Reports.decode(1e5));
  private static final Report SECOND = Reports.of(Reports.decode(1e5), Reports.decode(2e5));

  @TempDir private Path parent;

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @Test
  void aReportTakesThePlaceOfTheOneBeforeUntilTheEnd() throws IOException {
    Path place = parent.resolve("a/b");
    ReportFolder folder = new ReportFolder(place);
    assertFalse(folder.written());
    folder.write(SECOND);
    folder.write(FIRST);
    assertTrue(folder.written());
    assertTrue(folder.end());
    folder.write(SECOND);
    assertFalse(folder.end());
    assertEquals(Set.of("report.json", "report.md", "report.html", "roofline.svg"), names(place));
    assertEquals(ReportJson.write(FIRST), Files.readString(place.resolve("report.json")));
    assertEquals(ReportHtml.write(FIRST), Files.readString(folder.page()));
  }

  @Test
  void whatCannotBeWrittenIsNamed() throws IOException {
    Path inTheWay = Files.createDirectories(parent.resolve("report.md/full")).getParent();
    ReportFolder folder = new ReportFolder(parent);
    LanewiseException e = assertThrows(LanewiseException.class, () -> folder.write(FIRST));
    assertTrue(e.getMessage().startsWith(inTheWay + ": cannot be written"), e.getMessage());
    assertEquals(Set.of("report.json", "report.md"), names(parent));
  }
}
