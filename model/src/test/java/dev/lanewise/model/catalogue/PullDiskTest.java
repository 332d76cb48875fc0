package dev.lanewise.model.catalogue;

import static dev.lanewise.model.catalogue.Fixture.CONTENT;
import static dev.lanewise.model.catalogue.Fixture.entry;
import static dev.lanewise.model.catalogue.Fixture.options;
import static dev.lanewise.model.catalogue.Fixture.settings;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Full disks, and pulls that meet in one folder. */
@Timeout(60)
class PullDiskTest {
  @TempDir Path home;
  private LoopbackHub hub;
  private final Fixture.Listener progress = new Fixture.Listener();

  @BeforeEach
  void start() throws IOException {
    hub = new LoopbackHub();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  /** A disk with so much room, of which writing takes its share. */
  private static final class SmallDisk implements Disk {
    private final long announced;
    private long free;
    private final String complaint;

    SmallDisk(long announced, long free, String complaint) {
      this.announced = announced;
      this.free = free;
      this.complaint = complaint;
    }

    @Override
    public long usableBytes(Path folder) {
      return free > 0 ? announced : 0;
    }

    @Override
    public WritableByteChannel append(Path file) throws IOException {
      WritableByteChannel real = Disk.super.append(file);
      return new WritableByteChannel() {
        @Override
        public int write(ByteBuffer source) throws IOException {
          if (source.remaining() > free) {
            free = Math.min(free, 0);
            throw new IOException(complaint);
          }
          free -= source.remaining();
          return real.write(source);
        }

        @Override
        public boolean isOpen() {
          return real.isOpen();
        }

        @Override
        public void close() throws IOException {
          real.close();
        }
      };
    }
  }

  private LanewiseException fails(Disk disk) {
    Settings settings = settings(hub.address(), disk, List.of());
    return assertThrows(
        LanewiseException.class,
        () -> Pull.fetch(entry("first", "second"), options(home, progress), settings));
  }

  @Test
  void aDiskWithoutRoomIsNoticedBeforeWriting() {
    hub.on("first", LoopbackHub.serve(CONTENT)).on("second", LoopbackHub.serve(CONTENT));
    LanewiseException e = fails(new SmallDisk(1234, 1234, "not reached"));
    assertTrue(e.getMessage().contains("300000 bytes"), e.getMessage());
    assertTrue(e.getMessage().contains("1234 (1.2 kB) are free"), e.getMessage());
    assertTrue(e.getMessage().contains(home.resolve("models/tiny").toString()), e.getMessage());
    assertTrue(e.getMessage().contains("LANEWISE_HOME"), e.getMessage());
    assertEquals(1, hub.asked.size(), "another source would not help");
    assertFalse(Files.exists(home.resolve("models/tiny/tiny.gguf.part")));
  }

  @Test
  void aDiskThatFillsUpMeanwhileIsNamedToo() throws IOException {
    hub.on("first", LoopbackHub.serve(CONTENT)).on("second", LoopbackHub.serve(CONTENT));
    LanewiseException e = fails(new SmallDisk(1 << 30, 100_000, "No space left on device"));
    assertTrue(e.getMessage().contains("not enough disk space"), e.getMessage());
    assertEquals(1, hub.asked.size());
    long left = Files.size(home.resolve("models/tiny/tiny.gguf.part"));
    assertTrue(left > 0);

    // With room again, the next pull continues.
    Path path = Pull.fetch(entry("first"), options(home, progress), settings(hub.address()));
    assertArrayEquals(CONTENT, Files.readAllBytes(path));
    assertEquals("bytes=" + left + "-", hub.asked.getLast().range());
  }

  @Test
  void anotherFailureToWriteSaysWhereAndWhat() {
    hub.on("first", LoopbackHub.serve(CONTENT));
    Disk broken =
        new Disk() {
          @Override
          public WritableByteChannel append(Path file) throws IOException {
            throw new IOException("Input/output error");
          }
        };
    LanewiseException e = fails(broken);
    assertTrue(e.getMessage().contains("tiny.gguf.part"), e.getMessage());
    assertTrue(e.getMessage().contains("Input/output error"), e.getMessage());
  }

  @Test
  void aCacheFolderThatIsAFileIsNamed() throws IOException {
    Path file = Files.writeString(home.resolve("models"), "in the way");
    LanewiseException e = fails(Disk.REAL);
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertEquals(0, hub.asked.size());
  }

  @Test
  void twoPullsOfOneModelFetchItOnce() throws Exception {
    CountDownLatch firstIsServed = new CountDownLatch(1);
    CountDownLatch secondWaits = new CountDownLatch(1);
    hub.on(
        "good",
        (exchange, _) -> {
          firstIsServed.countDown();
          await(secondWaits);
          LoopbackHub.send(exchange, CONTENT, CONTENT.length);
        });
    Progress secondProgress =
        new Progress() {
          @Override
          public void message(String line) {
            if (line.contains("waiting for another pull")) {
              secondWaits.countDown();
            }
          }
        };
    Settings settings = patient(settings(hub.address()));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Path> first =
          threads.submit(() -> Pull.fetch(entry("good"), options(home, progress), settings));
      await(firstIsServed);
      Future<Path> second =
          threads.submit(() -> Pull.fetch(entry("good"), options(home, secondProgress), settings));
      assertEquals(first.get(), second.get());
      assertArrayEquals(CONTENT, Files.readAllBytes(second.get()));
    }
    assertEquals(1, hub.asked.size());
  }

  private static Settings patient(Settings settings) {
    return new Settings(
        settings.endpoint(),
        settings.token(),
        settings.connectTimeout(),
        Duration.ofSeconds(30),
        settings.backoff(),
        settings.retries(),
        settings.pipCommands(),
        settings.mavenCommands(),
        settings.disk());
  }

  @Test
  void anInterruptedPullLeavesAPartAndTheInterrupt() throws Exception {
    CountDownLatch served = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    hub.on(
        "good",
        (exchange, _) -> {
          LoopbackHub.send(exchange, CONTENT, 50_000);
          served.countDown();
          await(never);
        });
    Settings settings = patient(settings(hub.address()));
    var outcome = new CompletableFuture<String>();
    Thread pulling =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    Pull.fetch(entry("good"), options(home, progress), settings);
                    outcome.complete("pulled");
                  } catch (LanewiseException e) {
                    outcome.complete(e.getMessage() + Thread.currentThread().isInterrupted());
                  }
                });
    await(served);
    while (progress.bytes < 50_000) {
      Thread.sleep(5);
    }
    pulling.interrupt();
    assertEquals("the pull was interrupted; pull again to continue ittrue", outcome.get());
    assertEquals(50_000, Files.size(home.resolve("models/tiny/tiny.gguf.part")));
    never.countDown();
  }

  @Test
  void anotherProcessWithTheLockIsWaitedFor() throws Exception {
    Path folder = Files.createDirectories(home.resolve("models/tiny"));
    Path program = home.resolve("Holder.java");
    Files.writeString(
        program,
        """
        void main(String[] arguments) throws Exception {
          try (var file = java.nio.channels.FileChannel.open(java.nio.file.Path.of(arguments[0]),
                  java.nio.file.StandardOpenOption.CREATE,
                  java.nio.file.StandardOpenOption.WRITE);
              var lock = file.lock()) {
            System.out.println(lock.isValid());
            System.in.read();
          }
        }
        """);
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                program.toString(),
                folder.resolve(CacheLock.FILE).toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals("true", holder.inputReader().readLine());
      assertTrue(CacheLock.tryAcquire(folder).isEmpty());
      assertEquals(List.of("tiny"), Cache.at(home).prune(List.of(), progress).inUse());
      holder.getOutputStream().close();
      try (CacheLock _ = CacheLock.acquire(folder, progress)) {
        assertTrue(CacheLock.tryAcquire(folder).isEmpty(), "a lock is held once");
      }
      CacheLock.tryAcquire(folder).orElseThrow().close();
    } finally {
      holder.destroyForcibly();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
