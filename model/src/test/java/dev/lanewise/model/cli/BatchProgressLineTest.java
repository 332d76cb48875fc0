package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Work on many texts is told to stop. */
class BatchProgressLineTest {
  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());

  private final BatchProgressLine progress =
      new BatchProgressLine(
          new Stdio(InputStream.nullInputStream(), NOWHERE, NOWHERE, false), "embedding", 2);

  @Test
  void goesOnByItself() {
    assertFalse(progress.cancelled());
  }

  @Test
  void endsOnceToldSo() {
    AtomicBoolean stop = new AtomicBoolean();
    progress.until(stop::get);
    assertFalse(progress.cancelled());
    stop.set(true);
    assertTrue(progress.cancelled());
  }
}
