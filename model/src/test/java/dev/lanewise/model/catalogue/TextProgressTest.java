package dev.lanewise.model.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lanewise.model.catalogue.Progress.Phase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people and logs see of a pull. */
class TextProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long now;

  private Progress progress(boolean terminal) {
    return new TextProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      @Override
      boolean onTerminal() {
        return terminal;
      }

      @Override
      long nanoTime() {
        return now;
      }
    };
  }

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void aLogGetsALineForEachTenth() {
    Progress progress = progress(false);
    progress.message("pulling");
    for (int i = 0; i <= 1000; i++) {
      now = i * 1_000_000L;
      progress.update(Phase.DOWNLOAD, i * 1000L, 1_000_000);
    }
    progress.update(Phase.DOWNLOAD, 1_000_000, 1_000_000);
    assertEquals(12, lines().size());
    assertEquals("pulling", lines().get(0));
    assertEquals("downloading 0 bytes of 1.0 MB, 0 %", lines().get(1));
    assertEquals("downloading 500.0 kB of 1.0 MB, 50 %, 1.0 MB/s, 1 s left", lines().get(6));
    assertEquals("downloading 1.0 MB of 1.0 MB, 100 %, 1.0 MB/s", lines().get(11));
  }

  @Test
  void aLogOfASlowPullGetsALineEveryFiveSeconds() {
    Progress progress = progress(false);
    for (int second = 0; second <= 20; second++) {
      now = second * 1_000_000_000L;
      progress.update(Phase.DOWNLOAD, second, 1_000_000);
    }
    assertEquals(5, lines().size());
  }

  @Test
  void aTerminalGetsOneLineThatIsRedrawn() {
    Progress progress = progress(true);
    for (int i = 0; i <= 1000; i++) {
      now = i * 1_000_000L;
      progress.update(Phase.VERIFY, i, 1000);
    }
    progress.message("done");
    assertEquals("done", lines().getLast());
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertEquals(11, text.split("\r\u001b\\[K", -1).length - 1);
    assertEquals(2, text.split("\n").length);
  }

  @Test
  void whatIsResumedDoesNotCountAsSpeed() {
    Progress progress = progress(false);
    progress.update(Phase.DOWNLOAD, 900_000, 1_000_000);
    now = 2_000_000_000L;
    progress.update(Phase.DOWNLOAD, 1_000_000, 1_000_000);
    assertEquals("downloading 1.0 MB of 1.0 MB, 100 %, 50.0 kB/s", lines().getLast());
  }

  @Test
  void anEmptyFileIsDoneAtOnce() {
    progress(false).update(Phase.DOWNLOAD, 0, 0);
    assertEquals(List.of("downloading 0 bytes of 0 bytes, 100 %"), lines());
  }

  @Test
  void amountsAreRounded() {
    assertEquals("999 bytes", Sizes.text(999));
    assertEquals("1.0 kB", Sizes.text(1000));
    assertEquals("98.4 MB", Sizes.text(98_362_432));
    assertEquals("1.0 MB", Sizes.text(999_950));
    assertEquals("3.2 GB", Sizes.text(3L << 30));
    assertEquals("9223372.0 TB", Sizes.text(Long.MAX_VALUE));
    assertEquals("12345.0 TB", Sizes.text(12_345_000_000_000_000L));
    assertEquals("30 s", Sizes.text(Duration.ofSeconds(30)));
    assertEquals("0.4 s", Sizes.text(Duration.ofMillis(400)));
  }
}
