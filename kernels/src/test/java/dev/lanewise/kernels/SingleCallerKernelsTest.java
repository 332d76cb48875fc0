package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SingleCallerKernelsTest {
  private final AtomicInteger calls = new AtomicInteger();
  private Kernels outer;
  private Method called;
  private Object[] arguments;

  static Stream<Method> operations() {
    return Arrays.stream(Kernels.class.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .filter(method -> method.getParameterCount() > 0); // the others compute nothing
  }

  @ParameterizedTest
  @MethodSource("operations")
  void aCallDuringACallIsRefusedAndTheNextOneIsNot(Method operation) throws Exception {
    outer = new SingleCallerKernels(inner());
    called = operation;
    arguments =
        Arrays.stream(operation.getParameterTypes())
            .map(SingleCallerKernelsTest::anything)
            .toArray();
    operation.invoke(outer, arguments);
    operation.invoke(outer, arguments);
    assertEquals(2, calls.get());
  }

  /** Kernels that are called once more, from outside, while they work. */
  private Kernels inner() {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (_, method, given) -> {
              assertEquals(called, method);
              for (int i = 0; i < given.length; i++) {
                if (!method.getParameterTypes()[i].isPrimitive()) {
                  assertSame(arguments[i], given[i], "argument " + i);
                } else {
                  assertEquals(arguments[i], given[i], "argument " + i);
                }
              }
              var refused =
                  assertThrows(
                      InvocationTargetException.class, () -> method.invoke(outer, arguments));
              assertInstanceOf(IllegalStateException.class, refused.getCause());
              calls.incrementAndGet();
              return method.getReturnType() == int.class ? 0 : null;
            });
  }

  private static int next;

  /** A value that no other argument has, or null. */
  private static Object anything(Class<?> type) {
    next++;
    if (type == float[].class) {
      return new float[next];
    }
    if (type == int[].class) {
      return new int[next];
    }
    if (type == float.class) {
      return (float) next;
    }
    return type == int.class ? (Object) next : null;
  }
}
