package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Arguments that do not fit together are refused with a message that says which. */
class ArgumentsTest {
  private static final int HUGE = Integer.MAX_VALUE;

  private static float[] f(int n) {
    return new float[n];
  }

  private static Matrix w(int rows, int cols) {
    return Matrix.of(f(rows * cols), rows, cols);
  }

  private static void gemm(Kernels kernels, float[] x, Matrix w, float[] y, int m) {
    kernels.gemm(x, new Matrix[] {w}, new float[][] {y}, m);
  }

  private static MatrixView v(int rows, int cols) {
    return MatrixView.of(f(rows * cols), rows, cols);
  }

  private static Matrix[] one(Matrix w) {
    return new Matrix[] {w};
  }

  private static float[][] one(float[] y) {
    return new float[][] {y};
  }

  private static Epilogue[] epilogues(Epilogue... epilogues) {
    return epilogues;
  }

  private static Named<Consumer<Kernels>> bad(String name, Consumer<Kernels> call) {
    return Named.of(name, call);
  }

  /** Attention of 2 x 2 rows on 3 keys, where only the mask can be wrong. */
  private static Named<Consumer<Kernels>> badMask(String name, AttentionMask mask) {
    AttentionShape shape = AttentionShape.of(2, 1, 4);
    return bad(
        "attention: " + name,
        k -> k.attention(f(32), f(24), f(24), mask, f(32), shape, 2, 2, 3, 0));
  }

  static Stream<Named<Consumer<Kernels>>> calls() {
    float[] same = f(64);
    AttentionShape shape = AttentionShape.of(2, 1, 4).causal();
    return Stream.of(
        bad("gemm: x short", k -> gemm(k, f(5), w(2, 3), f(4), 2)),
        bad("gemm: y short", k -> gemm(k, f(6), w(2, 3), f(3), 2)),
        bad("gemm: m negative", k -> gemm(k, f(6), w(2, 3), f(4), -1)),
        bad("gemm: m huge", k -> gemm(k, f(6), w(2, 3), f(4), HUGE)),
        bad("gemm: y is x", k -> gemm(k, same, w(2, 3), same, 2)),
        bad("gemm: no y", k -> k.gemm(f(6), new Matrix[] {w(2, 3)}, new float[0][], 2)),
        bad(
            "gemm: columns differ",
            k -> k.gemm(f(8), new Matrix[] {w(2, 3), w(2, 4)}, new float[2][4], 2)),
        bad(
            "gemm: y twice",
            k -> k.gemm(f(8), new Matrix[] {w(2, 3), w(2, 3)}, new float[][] {same, same}, 2)),
        bad("gemm: epilogues missing", k -> k.gemm(f(6), one(w(2, 3)), epilogues(), one(f(4)), 2)),
        bad(
            "gemm: bias short",
            k -> k.gemm(f(6), one(w(2, 3)), epilogues(Epilogue.bias(f(1))), one(f(4)), 2)),
        bad(
            "gemm: bias is another y",
            k ->
                k.gemm(
                    f(6),
                    new Matrix[] {w(2, 3), w(2, 3)},
                    new Epilogue[] {Epilogue.NONE, Epilogue.bias(same)},
                    new float[][] {same, f(4)},
                    2)),
        bad(
            "gemm: bias is y",
            k -> k.gemm(f(6), one(w(2, 3)), epilogues(Epilogue.bias(same)), one(same), 2)),
        bad("gemm: views of other k", k -> k.gemm(v(2, 3), v(4, 5), v(2, 5), Epilogue.NONE)),
        bad("gemm: views of other m", k -> k.gemm(v(2, 3), v(3, 5), v(3, 5), Epilogue.NONE)),
        bad("gemm: views of other n", k -> k.gemm(v(2, 3), v(3, 5), v(2, 4), Epilogue.NONE)),
        bad(
            "gemm: batches differ",
            k -> k.gemm(v(2, 3).repeated(2), v(3, 5), v(2, 5), Epilogue.NONE)),
        bad(
            "gemm: c is a",
            k ->
                k.gemm(
                    MatrixView.of(same, 2, 3), v(3, 5), MatrixView.of(same, 2, 5), Epilogue.NONE)),
        bad(
            "gemm: c is b",
            k ->
                k.gemm(
                    v(2, 3), MatrixView.of(same, 3, 5), MatrixView.of(same, 2, 5), Epilogue.NONE)),
        bad(
            "gemm: c begins with the last of a",
            k ->
                k.gemm(
                    MatrixView.of(same, 2, 3),
                    v(3, 5),
                    new MatrixView(same, 5, 1, 0, 2, 5, 5, 1),
                    Epilogue.NONE)),
        bad(
            "gemm: c ends with the first of b",
            k ->
                k.gemm(
                    v(2, 3),
                    new MatrixView(same, 9, 1, 0, 3, 5, 5, 1),
                    MatrixView.of(same, 2, 5),
                    Epilogue.NONE)),
        bad(
            "gemm: rows of c between those of a",
            k ->
                k.gemm(
                    new MatrixView(same, 0, 1, 0, 2, 3, 8, 1),
                    v(3, 5),
                    new MatrixView(same, 3, 1, 0, 2, 5, 8, 1),
                    Epilogue.NONE)),
        bad(
            "gemm: views of too large a k",
            k ->
                k.gemm(
                    new MatrixView(f(1), 0, 1, 0, 2, 1 << 28, 0, 0),
                    new MatrixView(f(1), 0, 1, 0, 1 << 28, 2, 0, 0),
                    v(2, 2),
                    Epilogue.NONE)),
        bad(
            "gemm: matrices of c share places",
            k ->
                k.gemm(
                    v(2, 3).repeated(2), v(3, 5).repeated(2), v(2, 5).repeated(2), Epilogue.NONE)),
        bad(
            "gemm: rows of c share places",
            k ->
                k.gemm(
                    v(2, 3), v(3, 5), new MatrixView(f(20), 0, 1, 0, 2, 5, 4, 1), Epilogue.NONE)),
        bad(
            "gemm: a batch of c begins within another's rows",
            k ->
                k.gemm(
                    MatrixView.ofBatch(f(12), 2, 2, 3),
                    MatrixView.ofBatch(f(30), 2, 3, 5),
                    new MatrixView(f(40), 0, 2, 4, 2, 5, 10, 1),
                    Epilogue.NONE)),
        bad(
            "gemm: bias shorter than c",
            k -> k.gemm(v(2, 3), v(3, 5), v(2, 5), Epilogue.bias(f(4)))),
        bad("rmsNorm: x short", k -> k.rmsNorm(f(5), f(3), 1e-5f, f(6), 2, 3)),
        bad("rmsNorm: weight short", k -> k.rmsNorm(f(6), f(2), 1e-5f, f(6), 2, 3)),
        bad("rmsNorm: y short", k -> k.rmsNorm(f(6), f(3), 1e-5f, f(5), 2, 3)),
        bad("rmsNorm: n negative", k -> k.rmsNorm(f(6), f(3), 1e-5f, f(6), 2, -3)),
        bad("rmsNorm: rows and n huge", k -> k.rmsNorm(f(6), f(3), 1e-5f, f(6), HUGE, HUGE)),
        bad("ropeAdjacent: x short", k -> k.ropeAdjacent(f(15), f(4), f(4), 2, 2, 4, 4)),
        bad("ropeAdjacent: cos short", k -> k.ropeAdjacent(f(16), f(3), f(4), 2, 2, 4, 4)),
        bad("ropeAdjacent: sin short", k -> k.ropeAdjacent(f(16), f(4), f(3), 2, 2, 4, 4)),
        bad("ropeAdjacent: odd", k -> k.ropeAdjacent(f(16), f(4), f(4), 2, 2, 4, 3)),
        bad("ropeAdjacent: rotary > head", k -> k.ropeAdjacent(f(16), f(9), f(9), 2, 2, 4, 6)),
        bad("ropeHalf: x short", k -> k.ropeHalf(f(15), f(4), f(4), 2, 2, 4, 4)),
        bad("ropeHalf: cos short", k -> k.ropeHalf(f(16), f(3), f(4), 2, 2, 4, 4)),
        bad("ropeHalf: heads negative", k -> k.ropeHalf(f(16), f(4), f(4), 2, -2, 4, 4)),
        bad("ropeHalf: rotary negative", k -> k.ropeHalf(f(16), f(4), f(4), 2, 2, 4, -2)),
        bad("ropeHalf: all huge", k -> k.ropeHalf(f(16), f(4), f(4), HUGE, HUGE, HUGE, 4)),
        bad("layerNorm: x short", k -> k.layerNorm(f(5), f(3), f(3), 1e-5f, f(6), 2, 3)),
        bad("layerNorm: weight short", k -> k.layerNorm(f(6), f(2), f(3), 1e-5f, f(6), 2, 3)),
        bad("layerNorm: bias short", k -> k.layerNorm(f(6), f(3), f(2), 1e-5f, f(6), 2, 3)),
        bad("layerNorm: y short", k -> k.layerNorm(f(6), f(3), null, 1e-5f, f(5), 2, 3)),
        bad("layerNorm: y is weight", k -> k.layerNorm(f(6), same, null, 1e-5f, same, 2, 3)),
        bad("layerNorm: y is bias", k -> k.layerNorm(f(6), f(3), same, 1e-5f, same, 2, 3)),
        bad("layerNorm: rows negative", k -> k.layerNorm(f(6), f(3), f(3), 1e-5f, f(6), -2, 3)),
        bad("activate: x short", k -> k.activate(Activation.GELU, f(3), f(4), 4)),
        bad("activate: y short", k -> k.activate(Activation.GELU, f(4), f(3), 4)),
        bad("activate: n negative", k -> k.activate(Activation.GELU, f(4), f(4), -1)),
        bad("glu: gate short", k -> k.glu(Activation.SILU, f(3), f(4), f(4), 4)),
        bad("glu: up short", k -> k.glu(Activation.SILU, f(4), f(3), f(4), 4)),
        bad("glu: y short", k -> k.glu(Activation.SILU, f(4), f(4), f(3), 4)),
        bad("glu: n negative", k -> k.glu(Activation.SILU, f(4), f(4), f(4), -1)),
        bad("add: x short", k -> k.add(f(3), f(4), 4)),
        bad("add: y short", k -> k.add(f(4), f(3), 4)),
        bad("add: n negative", k -> k.add(f(4), f(4), -1)),
        bad("softmax: x short", k -> k.softmax(f(5), f(6), 2, 3)),
        bad("softmax: y short", k -> k.softmax(f(6), f(5), 2, 3)),
        bad("softmax: rows negative", k -> k.softmax(f(6), f(6), -2, 3)),
        bad("logSoftmax: x short", k -> k.logSoftmax(f(5), f(6), 2, 3)),
        bad("logSoftmax: y short", k -> k.logSoftmax(f(6), f(5), 2, 3)),
        bad("logSoftmax: n negative", k -> k.logSoftmax(f(6), f(6), 2, -3)),
        bad("argmax: x short", k -> k.argmax(f(3), 4)),
        bad("argmax: nothing", k -> k.argmax(f(3), 0)),
        bad("argmax: n negative", k -> k.argmax(f(3), -1)),
        bad("topK: x short", k -> k.topK(f(3), 4, new int[2])),
        bad("topK: more than there are", k -> k.topK(f(3), 3, new int[4])),
        bad("topK: n negative", k -> k.topK(f(3), -1, new int[0])),
        bad("gather: ids short", k -> k.gather(w(2, 3), new int[1], f(6), 2)),
        bad("gather: y short", k -> k.gather(w(2, 3), new int[2], f(5), 2)),
        bad("gather: count negative", k -> k.gather(w(2, 3), new int[2], f(6), -1)),
        bad("patches: image short", k -> k.patches(f(11), f(12), new PatchShape(1, 3, 4, 2, 2))),
        bad("patches: y short", k -> k.patches(f(12), f(7), new PatchShape(1, 3, 4, 2, 2))),
        bad("patches: y is image", k -> k.patches(same, same, new PatchShape(1, 3, 4, 2, 2))),
        bad("patches: larger than the image", _ -> new PatchShape(1, 3, 4, 4, 1)),
        bad("patches: no stride", _ -> new PatchShape(1, 3, 4, 2, 0)),
        bad(
            "attention: q short",
            k -> k.attention(f(15), f(12), f(12), AttentionMask.NONE, f(16), shape, 1, 2, 3, 1)),
        bad(
            "attention: k short",
            k -> k.attention(f(16), f(11), f(12), AttentionMask.NONE, f(16), shape, 1, 2, 3, 1)),
        bad(
            "attention: v short",
            k -> k.attention(f(16), f(12), f(11), AttentionMask.NONE, f(16), shape, 1, 2, 3, 1)),
        bad(
            "attention: y short",
            k -> k.attention(f(16), f(12), f(12), AttentionMask.NONE, f(15), shape, 1, 2, 3, 1)),
        bad(
            "attention: rows negative",
            k -> k.attention(f(16), f(12), f(12), AttentionMask.NONE, f(16), shape, 1, -2, 3, 1)),
        bad(
            "attention: position < 0",
            k -> k.attention(f(16), f(12), f(12), AttentionMask.NONE, f(16), shape, 1, 2, 3, -1)),
        bad(
            "attention: position huge",
            k -> k.attention(f(16), f(12), f(12), AttentionMask.NONE, f(16), shape, 1, 2, 3, HUGE)),
        bad(
            "attention: y is q",
            k -> k.attention(same, f(12), f(12), AttentionMask.NONE, same, shape, 1, 2, 3, 1)),
        bad(
            "attention: y is v",
            k -> k.attention(f(16), f(12), same, AttentionMask.NONE, same, shape, 1, 2, 3, 1)),
        bad(
            "attention: y is the bias",
            k ->
                k.attention(
                    f(16), f(12), f(12), AttentionMask.bias(same, 3), same, shape, 1, 2, 3, 1)),
        bad(
            "attention: batch huge",
            k -> k.attention(f(16), f(12), f(12), AttentionMask.NONE, f(16), shape, HUGE, 2, 3, 1)),
        bad(
            "attention: values wider",
            k ->
                k.attention(
                    f(16),
                    f(12),
                    f(12),
                    AttentionMask.NONE,
                    f(20),
                    shape.withValueDim(5),
                    1,
                    2,
                    3,
                    1)),
        badMask("a length missing", AttentionMask.lengths(3)),
        badMask("length < 0", AttentionMask.lengths(3, -1)),
        badMask("length > keys", AttentionMask.lengths(4, 3)),
        badMask("bias short", AttentionMask.bias(f(5), 3)),
        badMask("bias per head short", AttentionMask.biasPerHead(f(11), 2, 3)),
        badMask("bias per sequence short", AttentionMask.bias(f(11), 3).withStrides(6, 0)),
        badMask("relative bias short", AttentionMask.relative(f(7), 2, 3)),
        badMask("bias before the array", new AttentionMask(null, f(64), 0, 0, 0, -1)),
        badMask("bias offset < 0", new AttentionMask(null, f(64), -1, 0, 0, 3)),
        badMask("bias strides huge", new AttentionMask(null, f(64), 0, HUGE, HUGE, HUGE)));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void misfitsAreRefused(Consumer<Kernels> call) {
    for (Kernels kernels : Implementations.all()) {
      Exception e =
          assertThrows(
              IllegalArgumentException.class, () -> call.accept(kernels), kernels::description);
      assertTrue(e.getMessage() != null && e.getMessage().length() > 10, e::toString);
    }
  }

  /** Operations with names of arguments, and arguments that fit together. */
  private static final Object[][] OPERATIONS = {
    {"gemm x w y", f(6), one(w(2, 3)), one(f(4)), 2},
    {"gemm x w epilogues y", f(6), one(w(2, 3)), epilogues(Epilogue.NONE), one(f(4)), 2},
    {"gemm a b c epilogue", v(2, 3), v(3, 5), v(2, 5), Epilogue.NONE},
    {"gather table ids y", w(2, 3), new int[2], f(6), 2},
    {"rmsNorm x weight epsilon y", f(6), f(3), 1e-5f, f(6), 2, 3},
    {"layerNorm x weight - epsilon y", f(6), f(3), f(3), 1e-5f, f(6), 2, 3},
    {"ropeAdjacent x cos sin", f(16), f(4), f(4), 2, 2, 4, 4},
    {"ropeHalf x cos sin", f(16), f(4), f(4), 2, 2, 4, 4},
    {"activate f x y", Activation.GELU, f(4), f(4), 4},
    {"activate f x y", Activation.GELU, f(0), f(0), 0},
    {"glu f gate up y", Activation.SILU, f(4), f(4), f(4), 4},
    {"add x y", f(4), f(4), 4},
    {"softmax x y", f(6), f(6), 2, 3},
    {"logSoftmax x y", f(6), f(6), 2, 3},
    {
      "attention q k v mask y shape",
      f(16),
      f(12),
      f(12),
      AttentionMask.NONE,
      f(16),
      AttentionShape.of(2, 1, 4),
      1,
      2,
      3,
      1
    },
    {"argmax x", f(3), 3},
    {"topK x n indices", f(3), 3, new int[2]},
    {"patches image y shape", f(12), f(8), new PatchShape(1, 3, 4, 2, 2)}
  };

  @Test
  void whatIsMissingIsNamed() {
    Set<String> operations = new TreeSet<>();
    for (Object[] operation : OPERATIONS) {
      String[] names = ((String) operation[0]).split(" ");
      operations.add(names[0]);
      for (int i = 1; i < names.length; i++) {
        Object[] arguments = Arrays.copyOfRange(operation, 1, operation.length);
        if (arguments[i - 1] instanceof Number || names[i].equals("-")) {
          continue;
        }
        arguments[i - 1] = null;
        for (Kernels kernels : Implementations.all()) {
          assertNames(names[i], () -> invoke(kernels, names[0], arguments));
        }
      }
    }
    assertEquals(Implementations.operations(), List.copyOf(operations));
    for (Kernels kernels : Implementations.all()) {
      assertNames("w", () -> gemm(kernels, f(6), null, f(4), 2));
      assertNames("y", () -> gemm(kernels, f(6), w(2, 3), null, 2));
      assertNames(
          "epilogues", () -> kernels.gemm(f(6), one(w(2, 3)), new Epilogue[1], one(f(4)), 2));
    }
    assertNames("data", () -> MatrixView.of(null, 0, 0));
    assertNames("activation", () -> Epilogue.NONE.withActivation(null));
    assertNames("layout", () -> new Matrix(w(2, 3).data(), 2, 3, DType.F32, null));
    try (Parallel team = Parallel.of(1)) {
      assertNames("task", () -> team.run(0, null));
    }
  }

  /** Calls the operation of that name whose arguments these are; null may be any of them. */
  private static void invoke(Kernels kernels, String name, Object[] arguments) throws Throwable {
    Method operation =
        Arrays.stream(Kernels.class.getMethods())
            .filter(m -> m.getName().equals(name) && takes(m.getParameterTypes(), arguments))
            .findFirst()
            .orElseThrow();
    try {
      operation.invoke(kernels, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static boolean takes(Class<?>[] types, Object[] arguments) {
    if (types.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < types.length; i++) {
      Class<?> type = MethodType.methodType(types[i]).wrap().returnType();
      if (arguments[i] != null && !type.isInstance(arguments[i])) {
        return false;
      }
    }
    return true;
  }

  private static void assertNames(String missing, Executable call) {
    assertEquals(missing, assertThrows(NullPointerException.class, call).getMessage());
  }

  @Test
  void nothingToDoIsNoError() {
    AttentionShape shape = AttentionShape.of(2, 1, 4).causal();
    for (Kernels kernels : Implementations.all()) {
      float[] y = {7};
      kernels.gemm(f(0), new Matrix[0], new float[0][], 3);
      gemm(kernels, f(0), w(2, 3), y, 0);
      kernels.gemm(v(0, 3), v(3, 1), MatrixView.of(y, 0, 1), Epilogue.NONE);
      kernels.rmsNorm(f(0), f(3), 1e-5f, y, 0, 3);
      kernels.rmsNorm(f(0), f(0), 1e-5f, y, 3, 0);
      kernels.ropeAdjacent(y, f(0), f(0), 0, 2, 4, 4);
      kernels.ropeHalf(y, f(0), f(0), 5, 0, 4, 0);
      kernels.glu(Activation.SILU, f(0), f(0), y, 0);
      kernels.add(f(0), y, 0);
      kernels.softmax(f(0), y, 0, 3);
      kernels.softmax(f(0), y, 3, 0);
      kernels.logSoftmax(f(0), y, 0, 3);
      kernels.logSoftmax(f(0), y, 3, 0);
      kernels.layerNorm(f(0), f(3), null, 1e-5f, y, 0, 3);
      kernels.layerNorm(f(0), f(0), f(0), 1e-5f, y, 3, 0);
      kernels.activate(Activation.GELU, f(0), y, 0);
      kernels.gather(w(2, 3), new int[0], y, 0);
      kernels.topK(f(0), 0, new int[0]);
      kernels.attention(f(0), f(8), f(8), AttentionMask.NONE, y, shape, 1, 0, 2, 2);
      assertArrayEquals(new float[] {7}, y, kernels.description());
    }
  }
}
