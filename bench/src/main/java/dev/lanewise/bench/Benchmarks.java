package dev.lanewise.bench;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks that JMH lists, and their parameters set as JMH does it. */
final class Benchmarks {
  private Benchmarks() {}

  /** Every measured method. */
  static List<BenchmarkListEntry> all() {
    return of(KernelBenchmark.class);
  }

  /** Every measured method of the benchmarks of one kind. */
  static List<BenchmarkListEntry> of(Class<? extends KernelBenchmark> kind) {
    return BenchmarkList.defaultList()
        .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
        .stream()
        .filter(entry -> kind.isAssignableFrom(type(entry)))
        .toList();
  }

  /** The class of a measured method. */
  static Class<? extends KernelBenchmark> type(BenchmarkListEntry entry) {
    return type(entry.getUserClassQName());
  }

  /** The class of this name. */
  static Class<? extends KernelBenchmark> type(String name) {
    try {
      return Class.forName(name).asSubclass(KernelBenchmark.class);
    } catch (ClassNotFoundException e) {
      throw new LinkageError(name, e);
    }
  }

  /** A fresh benchmark with these parameters. */
  static KernelBenchmark create(
      Class<? extends KernelBenchmark> type, Map<String, String> parameters) {
    try {
      KernelBenchmark benchmark = type.getConstructor().newInstance();
      for (Field field : parameterFields(type)) {
        field.setAccessible(true); // peers keep theirs to their own package
        field.set(benchmark, parse(field.getType(), parameters.get(field.getName())));
      }
      return benchmark;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(type.getName(), e);
    }
  }

  /** Every combination of the parameters' values, which are the declared ones unless given. */
  static List<Map<String, String>> combinations(
      Class<? extends KernelBenchmark> type, Map<String, List<String>> given) {
    List<Map<String, String>> combinations = List.of(Map.of());
    for (Field field : parameterFields(type)) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> combination : combinations) {
        for (String value : given.getOrDefault(field.getName(), declared(field))) {
          Map<String, String> extended = new LinkedHashMap<>(combination);
          extended.put(field.getName(), value);
          longer.add(extended);
        }
      }
      combinations = longer;
    }
    return combinations;
  }

  private static List<String> declared(Field field) {
    List<String> values = List.of(field.getAnnotation(Param.class).value());
    if (values.equals(List.of(Param.BLANK_ARGS))) {
      return Arrays.stream(field.getType().getEnumConstants())
          .map(constant -> ((Enum<?>) constant).name())
          .toList();
    }
    return values;
  }

  private static List<Field> parameterFields(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (field.isAnnotationPresent(Param.class)) {
          fields.add(field);
        }
      }
    }
    return fields;
  }

  private static Object parse(Class<?> type, String value) {
    if (type == int.class) {
      return Integer.valueOf(value);
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> ((Enum<?>) constant).name().equals(value))
          .findFirst()
          .orElseThrow();
    }
    return value;
  }
}
