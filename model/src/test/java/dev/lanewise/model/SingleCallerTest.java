package dev.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** One caller at a time, and none after the end. */
class SingleCallerTest {
  @Test
  void anotherThreadIsRefusedUntilTheFirstHasLeft() throws Exception {
    SingleCaller caller = new SingleCaller("this thing");
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      caller.enter();
      Future<?> early = other.submit(caller::enter);
      Throwable refusal = assertThrows(ExecutionException.class, early::get).getCause();
      assertEquals(IllegalStateException.class, refusal.getClass());
      assertTrue(
          refusal.getMessage().startsWith("this thing serves one caller at a time"),
          refusal.getMessage());
      caller.leave();
      other.submit(caller::enter).get();
      assertThrows(IllegalStateException.class, caller::enter);
    }
  }

  @Test
  void closedItRefusesAll() {
    SingleCaller caller = new SingleCaller("this thing");
    caller.enter();
    caller.close();
    caller.leave();
    String message = assertThrows(IllegalStateException.class, caller::enter).getMessage();
    assertEquals("this thing is closed", message);
  }
}
