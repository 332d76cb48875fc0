package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response body read by the calling thread, which does not wait for ever: the HTTP client's own
 * streams know no timeout between bytes.
 */
final class BodyReader implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
  private sealed interface Signal {}

  private record Data(List<ByteBuffer> buffers) implements Signal {}

  private record End() implements Signal {}

  private record Failure(Throwable cause) implements Signal {}

  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private volatile Flow.Subscription subscription;

  @Override
  public void onSubscribe(Flow.Subscription granted) {
    subscription = granted;
    granted.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    if (buffers.isEmpty()) {
      subscription.request(1);
    } else {
      signals.add(new Data(buffers));
    }
  }

  @Override
  public void onError(Throwable cause) {
    signals.add(new Failure(cause));
  }

  @Override
  public void onComplete() {
    signals.add(new End());
  }

  /**
   * The next bytes; an empty list at the end.
   *
   * @throws IOException if the connection is cut or silent for so long
   */
  List<ByteBuffer> next(Duration timeout) throws IOException {
    try {
      return switch (signals.poll(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        case null -> throw new IOException("sent nothing for " + Sizes.text(timeout));
        case Failure(Throwable cause) ->
            throw new IOException("the connection was cut: " + cause.getMessage(), cause);
        case End() -> List.of();
        case Data(List<ByteBuffer> buffers) -> {
          subscription.request(1);
          yield buffers;
        }
      };
    } catch (InterruptedException e) {
      throw CacheLock.interrupted(e);
    }
  }

  /** Gives up the rest of the body, and with it the connection. */
  @Override
  public void close() {
    Flow.Subscription granted = subscription;
    if (granted != null) {
      granted.cancel();
    }
  }
}
