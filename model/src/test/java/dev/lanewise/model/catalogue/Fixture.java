package dev.lanewise.model.catalogue;

import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the tests of this package share: a small model, quick settings, a progress that listens. */
final class Fixture {
  static final byte[] CONTENT = content(300_000);
  static final ModelFile FILE = new ModelFile("tiny.gguf", CONTENT.length, sha256(CONTENT));

  private Fixture() {}

  static byte[] content(int length) {
    byte[] bytes = new byte[length];
    new Random(42).nextBytes(bytes);
    return bytes;
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** A model of one file, from hub repositories of these names. */
  static Entry entry(String... repositories) {
    List<Source> sources = new ArrayList<>();
    for (String repository : repositories) {
      sources.add(new Source.Hub(repository, "rev"));
    }
    return entry(sources);
  }

  static Entry entry(List<Source> sources) {
    return new Entry("tiny", "a test model", "CC0-1.0", List.of(FILE), sources);
  }

  static Settings settings(URI endpoint) {
    return settings(endpoint, Disk.REAL, List.of());
  }

  /** Settings with ways to call a client, be it pip or Maven. */
  static Settings settings(URI endpoint, Disk disk, List<List<String>> client) {
    return new Settings(
        endpoint,
        Optional.of("secret"),
        Duration.ofSeconds(2),
        Duration.ofMillis(400),
        Duration.ZERO,
        3,
        client,
        client,
        disk);
  }

  static Pull.Options options(Path home, Progress progress) {
    return new Pull.Options(false, Cache.at(home), progress);
  }

  /** Keeps the messages. */
  static final class Listener implements Progress {
    final List<String> messages = new CopyOnWriteArrayList<>();
    volatile long bytes;

    @Override
    public void update(Phase phase, long done, long total) {
      bytes = done;
    }

    @Override
    public void message(String line) {
      messages.add(line);
    }

    boolean heard(String part) {
      return messages.stream().anyMatch(line -> line.contains(part));
    }
  }
}
