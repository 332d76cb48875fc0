package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation of the contract must have a class {@code <Operation>AgreementTest} that runs all
 * implementations against the oracle.
 */
class KernelAgreementTest {
  static Stream<String> operations() {
    return Implementations.operations().stream();
  }

  @Test
  void thereAreOperations() {
    List<String> operations = Implementations.operations();
    assertTrue(
        operations.containsAll(List.of("gemm", "softmax", "attention")), operations::toString);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void operationHasAnAgreementTest(String operation) throws ClassNotFoundException {
    String name = operation.substring(0, 1).toUpperCase(Locale.ROOT) + operation.substring(1);
    Class<?> tests = Class.forName(getClass().getPackageName() + "." + name + "AgreementTest");
    List<String> cases =
        Arrays.stream(tests.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(ParameterizedTest.class))
            .map(Method::getName)
            .toList();
    assertFalse(cases.isEmpty(), () -> tests + " has no parameterised test");
  }
}
