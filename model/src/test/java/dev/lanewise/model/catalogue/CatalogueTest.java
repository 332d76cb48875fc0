package dev.lanewise.model.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, paths and the environment. */
class CatalogueTest {
  @TempDir Path home;

  private Pull.Options offline() {
    return new Pull.Options(true, Cache.at(home), Progress.NONE);
  }

  @Test
  void everyEntryIsWellFormed() {
    Set<String> names = new HashSet<>();
    for (Entry entry : Catalogue.entries()) {
      assertTrue(names.add(entry.name()), "twice: " + entry.name());
      assertFalse(entry.name().contains("/"), entry.name());
      assertFalse(entry.description().isBlank());
      assertFalse(entry.licence().isBlank());
      assertFalse(entry.sources().isEmpty(), entry.name() + " comes from nowhere");
      assertEquals(Optional.of(entry), Catalogue.find(entry.name()));
    }
    assertEquals("smollm2-135m-instruct", Catalogue.defaultEntry().name());
    assertTrue(Catalogue.defaultEntry().sources().size() >= 2, "it depends on one source");
  }

  @Test
  void anExistingPathIsItself() throws IOException {
    Path file = Files.createFile(home.resolve("my.gguf"));
    assertEquals(file, Catalogue.resolve(file.toString(), offline()));
    assertEquals(home, Catalogue.resolve(home.toString(), offline()));
  }

  @Test
  void aCachedNameIsItsFile() throws IOException {
    Entry entry = Catalogue.defaultEntry();
    ModelFile file = entry.files().getFirst();
    Path path = Cache.at(home).file(entry, file);
    Files.createDirectories(path.getParent());
    // A sparse file of the right size and a stamp: what a verified file looks like from outside.
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.setLength(file.size());
    }
    Cache.at(home).stamp(path, file);
    assertEquals(path, Catalogue.resolve(entry.name(), offline()));
  }

  @Test
  void aNameThatIsNotCachedNeedsTheNetwork() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class, () -> Catalogue.resolve("smollm2-135m-instruct", offline()));
    assertTrue(e.getMessage().contains("is not in the cache and offline"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm", "SMOLLM2-135M-INSTRUCT", "nul\0nul"})
  void anUnknownNameListsTheKnownOnes(String name) {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Catalogue.resolve(name, offline()));
    assertTrue(e.getMessage().contains("no such file or folder"), e.getMessage());
    assertTrue(
        e.getMessage().contains("smollm2-135m-instruct, all-minilm-l6-v2, "), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing/model", "missing\\model", "model.gguf", "m.onnx", "/no/where"})
  void whatIsPlainlyAPathIsNotTakenForAName(String path) {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Catalogue.resolve(path, offline()));
    assertEquals(path + ": no such file or folder; check the path", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t"})
  void noNameIsNotTheCurrentFolder(String name) {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Catalogue.resolve(name, offline()));
    assertTrue(e.getMessage().contains("no model given"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".hidden", "../up", "a/b/c", "a\\b", "..", "a/..", "./a", "/a", "a/"})
  void aFileNameHoldsOneFolderAtMost(String name) {
    String sum = "00".repeat(32);
    assertThrows(IllegalArgumentException.class, () -> new ModelFile(name, 1, sum));
  }

  @Test
  void theHubsAddressAndTokenComeFromTheEnvironment() {
    Settings none = Settings.from(Map.of("HF_TOKEN", " ", "HF_ENDPOINT", ""));
    assertEquals("https://huggingface.co", none.endpoint().toString());
    assertEquals(Optional.empty(), none.token());
    Settings both =
        Settings.from(Map.of("HF_TOKEN", " abc\n", "HF_ENDPOINT", "http://mirror:8080/hf//"));
    assertEquals("http://mirror:8080/hf", both.endpoint().toString());
    assertEquals(Optional.of("abc"), both.token());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mirror",
        "ftp://mirror",
        "https://",
        "http://a b",
        "http://u:pass@h",
        "http://h?q"
      })
  void aMalformedEndpointIsNamedButNotShown(String endpoint) {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Settings.from(Map.of("HF_ENDPOINT", endpoint)));
    assertTrue(e.getMessage().startsWith("HF_ENDPOINT "), e.getMessage());
    assertFalse(e.getMessage().contains("pass"), e.getMessage());
  }

  @Test
  void aMalformedTokenIsNotShown() {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Settings.from(Map.of("HF_TOKEN", "sec\nret")));
    assertTrue(e.getMessage().contains("index 3"), e.getMessage());
    assertFalse(e.getMessage().contains("ret"), e.getMessage().replace("secret", "shown"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTPS://Hub.Example/x,https://hub.example:443/y",
        "http://h,http://h:80/z?q",
      })
  void anOriginIsSchemeHostAndPort(String pair) {
    String[] both = pair.split(",");
    assertEquals(Origin.of(URI.create(both[0])), Origin.of(URI.create(both[1])));
  }
}
