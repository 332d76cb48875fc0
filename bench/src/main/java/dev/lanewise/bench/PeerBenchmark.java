package dev.lanewise.bench;

import dev.lanewise.kernels.Kernels;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Fork;

/**
 * Times an operation of the contract as other libraries do it, on the same operands. Each benchmark
 * has a parameter {@code implementation} that names Lanewise's and the peers.
 *
 * <p>A measured method returns its contender, because what a native library computed is not in an
 * array yet.
 */
@Fork(
    value = 2,
    jvmArgsPrepend = {KernelBenchmark.VECTOR_MODULE, PeerBenchmark.NATIVE_ACCESS})
public abstract class PeerBenchmark extends KernelBenchmark {
  /** Peers load native libraries. */
  static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  private Contender contender;

  /**
   * Makes the implementation that was chosen, with the operands.
   *
   * @param kernels Lanewise's implementation, null if a peer was chosen
   * @param threads what it may use; a peer that knows no threads uses one
   */
  protected abstract Contender contender(Kernels kernels, int threads, RandomGenerator random);

  @Override
  final void prepare(RandomGenerator random) {
    try {
      contender = contender(kernels, threads, random);
    } catch (LinkageError e) {
      throw new PeerUnavailableException(implementation(), e);
    }
  }

  /** Runs the chosen implementation once. */
  protected final Contender run() {
    contender.run();
    return contender;
  }

  @Override
  final void release() {
    contender.close();
  }

  /** What to throw if no implementation has the name that was chosen. */
  protected final IllegalArgumentException unknown() {
    return new IllegalArgumentException("there is no implementation '" + implementation() + "'");
  }
}
