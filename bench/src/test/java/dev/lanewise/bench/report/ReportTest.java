package dev.lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** The arithmetic of reports, and that each form of one says what was found. */
class ReportTest {
  private static final Report REPORT =
      Reports.of(
          Reports.gemm("simd", 64, 1, 6_000, 100),
          Reports.gemm("simd", 256, 1, 400_000, 1000),
          Reports.gemm("simd", 1024, 1, 25_000_000, 0),
          Reports.gemm("openblas", 64, 1, 7_000, 0),
          Reports.gemm("openblas", 256, 1, 390_000, Double.NaN),
          Reports.gemm("openblas", 1024, 1, 24_000_000, 0),
          Reports.gemm("simd", 1024, 2, 13_000_000, 0),
          Reports.softmax("simd", 1000, 500),
          Reports.decode(1e5),
          Reports.copy(1000));

  /** A heading each, two rooflines, three products beside a peer, one on two threads, and all. */
  private static final int TABLE_ROWS = 4 + 2 + 3 + 1 + REPORT.results().size();

  @Test
  void speedsAreHeldAgainstTheNearerRoof() {
    Result gemm = Reports.gemm("simd", 1000, 1, 40e6, 0);
    assertEquals(50, gemm.gflops(), 1e-9); // 2e9 operations in 0.04 s
    assertTrue(REPORT.computeBound(gemm));
    assertEquals(50, REPORT.percentOfRoofline(gemm), 1e-9);
    assertEquals(25, REPORT.percentOfRoofline(Reports.gemm("simd", 1000, 2, 40e6, 0)), 1e-9);
    Result softmax = Reports.softmax("simd", 1000, 500);
    assertEquals(16, softmax.gbytesPerSecond(), 1e-9); // 8000 bytes in 500 ns
    assertFalse(REPORT.computeBound(softmax));
    assertEquals(80, REPORT.percentOfRoofline(softmax), 1e-9);
    assertEquals(10_000, Reports.decode(1e5).tokensPerSecond(), 1e-9);
  }

  @Test
  void unitsFollowTheBound() {
    assertEquals(
        Report.Unit.GFLOPS, REPORT.unit(List.of(REPORT.results().get(2), REPORT.results().get(7))));
    assertEquals(Report.Unit.GBYTES, REPORT.unit(List.of(REPORT.results().get(7))));
    assertEquals(Report.Unit.TOKENS, REPORT.unit(List.of(REPORT.results().get(8))));
  }

  @Test
  void whatIsWrittenAsJsonIsReadBack() {
    String text = ReportJson.write(REPORT);
    assertEquals(REPORT, ReportJson.read("report", text.getBytes(StandardCharsets.UTF_8)));
    assertTrue(text.contains("\"percent_of_roofline\":80.0"), text);
  }

  @ParameterizedTest
  @CsvSource({"nanoseconds, 500.0, 0", "error, 100.0, -100.0"})
  void timesThatNothingTookAreRefused(String key, String measured, String broken) {
    String text =
        ReportJson.write(REPORT)
            .replace("\"%s\":%s,".formatted(key, measured), "\"%s\":%s,".formatted(key, broken));
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> ReportJson.read("broken.json", text.getBytes(StandardCharsets.UTF_8)));
    assertTrue(e.getMessage().startsWith("broken.json: results["), e.getMessage());
    assertTrue(e.getMessage().contains("]." + key + " is "), e.getMessage());
  }

  @Test
  void markdownHasARowForEachResult() {
    String text = ReportMarkdown.write(REPORT);
    assertTrue(
        text.contains("| Softmax.softmax | 1x1000 | simd | 500 ns | 0 | 10.0 | 16.0 | 80.0 |  |"),
        text);
    assertTrue(text.contains("| PeerGemm.gemm | 1024x1024x1024 | simd, 2 threads |"), text);
    List<String> rows = text.lines().filter(line -> line.startsWith("| ")).toList();
    assertEquals(TABLE_ROWS, rows.size());
    for (String row : rows) {
      int cells = row.replace("\\|", "").split("\\|", -1).length - 2;
      assertTrue(List.of(3, 7, 9).contains(cells), row);
    }
    assertTrue(text.contains(", flags -Xa -Xb. Commit "), text);
    assertTrue(text.contains("- Broken.one: a\\<b\\> & \"c\" \\| \\`d\\`"), text);
  }

  @Test
  void implementationsAndThreadsAreCompared() {
    String text = ReportMarkdown.write(REPORT);
    // 7 µs against 6 µs, of which 0.1 are in doubt; 25 ms against 13 ms where two threads do twice
    // as much.
    assertTrue(
        text.contains("| 64x64x64 | 1 | openblas | GFLOP/s | 87.4 | 74.9 | 1.17 | 1.67 |"), text);
    assertTrue(text.contains("| 1024x1024x1024 | 2 | 1.92 | 0 | 2.00 | 96.2 |"), text);
    Report rough =
        Reports.of(
            Reports.gemm("simd", 64, 1, 6_000, 1_800),
            Reports.gemm("simd", 64, 2, 4_000, 1_600),
            Reports.gemm("openblas", 64, 2, 3_000, 900));
    text = ReportMarkdown.write(rough);
    assertTrue(
        text.contains("| 64x64x64 | 2 | openblas | GFLOP/s | 131 | 175 | 0.750 | 50.0 |"), text);
    assertTrue(text.contains("| 64x64x64 | 2 | 1.50 | 50.0 | 2.00 | 75.0 |"), text);
  }

  @Test
  void thePageIsWellFormedAndNeedsNothingElse() throws Exception {
    String page = ReportHtml.write(REPORT);
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    Document document = builder.parse(new InputSource(new StringReader(page)));
    // A roofline for each number of threads, bars for the product, a line for each of both.
    assertEquals(4, document.getElementsByTagName("svg").getLength());
    assertEquals(TABLE_ROWS, document.getElementsByTagName("tr").getLength());
    assertEquals(0, document.getElementsByTagName("script").getLength());
    assertFalse(page.contains("http"), "nothing is loaded");
    assertFalse(page.contains("NaN"), page);
    assertTrue(page.contains("color-scheme: only light"), "browsers do not darken half of it");
    String text = document.getDocumentElement().getTextContent();
    for (String part : List.of("CPU " + Reports.HOSTILE, "-Xa -Xb", "openblas", "100 GFLOP/s")) {
      assertTrue(text.contains(part), part);
    }
  }

  @Test
  void everyResultIsADotUnderItsRoofline() {
    String plot = RooflinePlot.of(REPORT, REPORT.roofline(1));
    // All but the product on two threads and the copy, which computes nothing.
    // Two more marks tell Lanewise from others.
    assertEquals(REPORT.results().size() - 2 + 2, plot.split("<circle", -1).length - 1);
    assertEquals(3 + 1, plot.split("fill=\"#fff\" stroke", -1).length - 1, "peers are rings");
    String alone = RooflinePlot.of(Reports.of(REPORT.results().getFirst()), REPORT.roofline(1));
    assertFalse(alone.contains("other libraries"), alone);
    assertEquals("", RooflinePlot.of(Reports.of(Reports.copy(1)), REPORT.roofline(1)));
  }

  @Test
  void theRooflineIsAPictureByItself() throws Exception {
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    String file = RooflinePlot.file(REPORT);
    Document document = builder.parse(new InputSource(new StringReader(file)));
    assertEquals("svg", document.getDocumentElement().getTagName());
    assertTrue(file.contains(".grid {"), "the file brings its style");
    String roof = RooflinePlot.file(Reports.of(Reports.copy(1)));
    assertTrue(roof.contains("100 GFLOP/s"), "without a dot there is the roof");
  }

  @Test
  void benchmarksHaveColoursOfTheirOwn() {
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    int benchmarks = BenchmarkList.defaultList().getAll(silent, List.of()).size();
    assertTrue(benchmarks > 20);
    assertEquals(
        benchmarks, IntStream.range(0, benchmarks).mapToObj(Svg::colour).distinct().count());
  }

  @Test
  void aSingleImplementationHasNoBarsAndTwoSizesNoLine() {
    assertEquals("", PeerBars.of(REPORT, List.of(REPORT.results().get(7))));
    assertEquals("", SizePlot.of(REPORT, REPORT.results().subList(0, 2)));
    assertFalse(SizePlot.of(REPORT, REPORT.results().subList(0, 3)).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1234.5, 1235",
    "103.24, 103",
    "99.5, 99.5",
    "9.876, 9.88",
    "0.5, 0.500",
    "0.01234, 0.0123"
  })
  void numbersAreBrief(double value, String expected) {
    assertEquals(expected, Numbers.brief(value));
  }

  @ParameterizedTest
  @CsvSource({"12, 12.0 ns", "1500, 1.50 µs", "2.5e7, 25.0 ms", "3e9, 3.00 s"})
  void timesHaveTheirUnit(double nanoseconds, String expected) {
    assertEquals(expected, Numbers.time(nanoseconds));
  }

  @Test
  void scalesMapTheirEndsAndTickInBetween() {
    Scale scale = new Scale(1, 100, 0, 10, true);
    assertEquals(0, scale.at(1));
    assertEquals(5, scale.at(10), 1e-9);
    assertEquals(10, scale.at(1000), "outside is at the end");
    assertEquals(List.of(1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0), scale.ticks());
    assertEquals(List.of(0.0, 10.0, 20.0, 30.0), new Scale(0, 30, 0, 1, false).ticks());
    assertThrows(IllegalArgumentException.class, () -> new Scale(0, 1, 0, 1, true));
  }
}
