package dev.lanewise.model.catalogue;

import static dev.lanewise.model.catalogue.Fixture.CONTENT;
import static dev.lanewise.model.catalogue.Fixture.FILE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where the cache is, what it trusts, and what pruning takes and leaves. */
class CacheTest {
  private static final Entry ENTRY = Fixture.entry("repo");

  @TempDir Path home;

  private Path placed(byte[] content) throws IOException {
    Path path = Cache.at(home).file(ENTRY, FILE);
    Files.createDirectories(path.getParent());
    Files.createFile(path.resolveSibling(CacheLock.FILE));
    return Files.write(path, content);
  }

  private Path left(String path, int bytes) throws IOException {
    Path file = home.resolve("models").resolve(path);
    Files.createDirectories(file.getParent());
    return Files.write(file, new byte[bytes]);
  }

  @Test
  void theFolderFollowsTheUserThenThePlatform() {
    assertEquals(
        Path.of("/own"),
        Cache.home(Map.of("LANEWISE_HOME", "/own", "XDG_CACHE_HOME", "/xdg"), "Linux", "/home/me"));
    assertEquals(
        Path.of("/xdg/lanewise"),
        Cache.home(Map.of("LANEWISE_HOME", " ", "XDG_CACHE_HOME", "/xdg"), "Linux", "/home/me"));
    assertEquals(
        Path.of("/home/me/.cache/lanewise"),
        Cache.home(Map.of("XDG_CACHE_HOME", "relative"), "Linux", "/home/me"));
    assertEquals(
        Path.of("/Users/me/Library/Caches/lanewise"),
        Cache.home(Map.of("XDG_CACHE_HOME", "/xdg"), "Mac OS X", "/Users/me"));
    assertEquals(
        Path.of("/local/lanewise"),
        Cache.home(Map.of("LOCALAPPDATA", "/local"), "Windows 11", "/me"));
    assertEquals(Path.of("/me/AppData/Local/lanewise"), Cache.home(Map.of(), "Windows 11", "/me"));
  }

  @Test
  void aUserWithoutAHomeIsToldWhatToSet() {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Cache.home(Map.of(), "Linux", "?"));
    assertTrue(e.getMessage().contains("set LANEWISE_HOME"), e.getMessage());
  }

  @Test
  void onlyAFileThatFitsItsStampIsTrusted() throws IOException {
    Cache cache = Cache.at(home);
    assertTrue(cache.find(ENTRY).isEmpty());
    Path path = placed(CONTENT);
    assertTrue(cache.find(ENTRY).isEmpty(), "without a stamp");
    assertTrue(cache.verify(path, FILE, Progress.NONE));
    assertEquals(path, cache.find(ENTRY).orElseThrow());

    FileTime time = Files.getLastModifiedTime(path);
    Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(1_000_000_000)));
    assertTrue(cache.find(ENTRY).isEmpty(), "changed since");
    Files.setLastModifiedTime(path, time);
    assertEquals(path, cache.find(ENTRY).orElseThrow());

    Files.write(path, new byte[10]);
    Files.setLastModifiedTime(path, time);
    assertTrue(cache.find(ENTRY).isEmpty(), "of another size");
    assertFalse(cache.verify(path, FILE, Progress.NONE));
  }

  @Test
  void aStampOfAnotherSumIsNotTrusted() throws IOException {
    Cache cache = Cache.at(home);
    cache.verify(placed(CONTENT), FILE, Progress.NONE);
    ModelFile successor = new ModelFile(FILE.name(), FILE.size(), "00".repeat(32));
    Entry newer = new Entry("tiny", "", "CC0-1.0", List.of(successor), List.of());
    assertTrue(cache.find(newer).isEmpty());
  }

  @Test
  void aModelOfSeveralFilesIsItsFolder() throws IOException {
    ModelFile second = new ModelFile("config.json", 2, Fixture.sha256(new byte[] {'{', '}'}));
    Entry entry = new Entry("tiny", "", "CC0-1.0", List.of(FILE, second), List.of());
    Cache cache = Cache.at(home);
    cache.verify(placed(CONTENT), FILE, Progress.NONE);
    assertTrue(cache.find(entry).isEmpty());
    Files.writeString(cache.file(entry, second), "{}");
    cache.verify(cache.file(entry, second), second, Progress.NONE);
    assertEquals(home.resolve("models/tiny"), cache.find(entry).orElseThrow());
  }

  @Test
  void pruningTakesLeftoversAndSaysHowMuch() throws IOException {
    Path good = placed(CONTENT);
    List<Path> gone =
        List.of(
            left("tiny/tiny.gguf.part", 100),
            left("tiny/tiny.gguf.part.origin", 10),
            left("tiny/older.gguf", 1000),
            left("tiny/.work/tmp/x.whl", 5000),
            left("retired/.lanewise", 0),
            left("retired/retired.gguf", 20_000),
            left("retired/retired.gguf.verified", 7));
    Cache.Pruned pruned = Cache.at(home).prune(List.of(ENTRY), Progress.NONE);
    // The lock of a retired model goes too, but is not worth counting.
    assertEquals(new Cache.Pruned(gone.size() - 1, 26_117, List.of()), pruned);
    for (Path path : gone) {
      assertFalse(Files.exists(path), path.toString());
    }
    assertFalse(Files.exists(home.resolve("models/retired")));
    assertFalse(Files.exists(home.resolve("models/tiny/.work")));
    assertTrue(Files.exists(good));
    assertEquals(good, Cache.at(home).find(ENTRY).orElseThrow(), "verified on the way");
    assertEquals(
        new Cache.Pruned(0, 0, List.of()), Cache.at(home).prune(List.of(ENTRY), Progress.NONE));
  }

  @Test
  void pruningKeepsAFileInAFolder() throws IOException {
    ModelFile below = ModelFile.of("1_Pooling/config.json", "{}");
    Entry entry = new Entry("tiny", "", "CC0-1.0", List.of(FILE, below), List.of());
    placed(CONTENT);
    Path file = Cache.at(home).file(entry, below);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "{}");
    left("tiny/1_Pooling/other", 5);
    assertEquals(
        new Cache.Pruned(1, 5, List.of()), Cache.at(home).prune(List.of(entry), Progress.NONE));
    assertEquals(home.resolve("models/tiny"), Cache.at(home).find(entry).orElseThrow());
    Cache.at(home).prune(List.of(ENTRY), Progress.NONE);
    assertFalse(Files.exists(file.getParent()));
  }

  @Test
  void pruningTakesAFileOfTheWrongSum() throws IOException {
    byte[] wrong = CONTENT.clone();
    wrong[0]++;
    Path path = placed(wrong);
    Cache.Pruned pruned = Cache.at(home).prune(List.of(ENTRY), Progress.NONE);
    assertEquals(CONTENT.length, pruned.bytes());
    assertFalse(Files.exists(path));
  }

  @Test
  void pruningLeavesWhatNoPullHasMade() throws IOException {
    Path loose = left("notes.txt", 3);
    Path foreign = left("photos/a.jpg", 3);
    Path outside = Files.write(home.resolve("other.bin"), new byte[3]);
    assertEquals(
        new Cache.Pruned(0, 0, List.of()), Cache.at(home).prune(List.of(ENTRY), Progress.NONE));
    assertTrue(Files.exists(loose));
    assertTrue(Files.exists(foreign));
    assertTrue(Files.exists(outside));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void pruningDoesNotFollowLinks() throws IOException {
    Path treasure = Files.createDirectories(home.resolve("elsewhere"));
    Files.write(treasure.resolve("treasure"), new byte[3]);
    placed(CONTENT);
    Files.createSymbolicLink(home.resolve("models/tiny/link"), treasure);
    Files.createSymbolicLink(home.resolve("models/linked"), treasure);
    Cache.at(home).prune(List.of(ENTRY), Progress.NONE);
    assertTrue(Files.exists(treasure.resolve("treasure")));
    assertFalse(Files.exists(home.resolve("models/tiny/link")));
  }

  @Test
  void pruningLeavesAModelThatIsBeingPulled() throws IOException {
    Path part = left("tiny/tiny.gguf.part", 100);
    try (CacheLock _ = CacheLock.acquire(part.getParent(), Progress.NONE)) {
      Cache.Pruned pruned = Cache.at(home).prune(List.of(ENTRY), Progress.NONE);
      assertEquals(new Cache.Pruned(0, 0, List.of("tiny")), pruned);
    }
    assertTrue(Files.exists(part));
  }

  @Test
  void reasonsNameNoClassAndNoPathTwice() throws IOException {
    Path taken = Files.writeString(home.resolve("taken"), "text");
    Pull.Options options = new Pull.Options(false, Cache.at(taken), Progress.NONE);
    LanewiseException e = assertThrows(LanewiseException.class, () -> Pull.fetch(ENTRY, options));
    assertFalse(e.getMessage().contains("Exception"), e.getMessage());
    assertTrue(e.getMessage().endsWith("to a folder that can be written"), e.getMessage());
    Path path = Path.of("a", "b");
    assertEquals("no permission", Cache.reason(path, new AccessDeniedException(path.toString())));
    assertEquals("c: no permission", Cache.reason(path, new AccessDeniedException("c")));
    assertEquals(
        "too many links",
        Cache.reason(path, new FileSystemException(path.toString(), null, "too many links")));
    assertEquals("closed", Cache.reason(path, new IOException("closed")));
  }

  @Test
  void pruningAnEmptyCacheIsNothing() {
    Cache cache = Cache.at(home.resolve("none"));
    assertEquals(new Cache.Pruned(0, 0, List.of()), cache.prune(List.of(), Progress.NONE));
  }
}
