package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A checkpoint whose tensors go by other names than in the file: GGUF's, for files that use those
 * of a framework.
 */
public final class Renamed implements Checkpoint {
  /** The first number between dots is the layer's, the second may be an expert's. */
  private static final Pattern NUMBER = Pattern.compile("(?<=\\.)(\\d+)(?=\\.)");

  private static final int MOST_NUMBERS = 2;

  private static final String PLACE = "{}";

  /** The endings that names keep; TensorFlow's for the parts of a norm become PyTorch's. */
  private static final Map<String, String> ENDINGS =
      Map.of(".weight", ".weight", ".bias", ".bias", ".gamma", ".weight", ".beta", ".bias");

  private final Checkpoint checkpoint;
  private final Map<String, String> table;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private String prefix = "";

  /**
   * The same tensors by the names of a table.
   *
   * @param table from a name without its ending ({@code .weight}, {@code .bias}, or TensorFlow's
   *     {@code .gamma}, {@code .beta}) to another; {@code {}} stands for the layer's number in
   *     both, and a second one for an expert's
   * @param prefixes what may stand before the names of the table and then falls away
   * @throws LanewiseException if two tensors would have one name
   */
  public Renamed(Checkpoint checkpoint, Map<String, String> table, String... prefixes) {
    this.checkpoint = checkpoint;
    this.table = table;
    for (TensorInfo tensor : checkpoint.tensors().values()) {
      String name = renamed(tensor.name(), prefixes);
      TensorInfo other = tensors.put(name, tensor);
      if (other != null) {
        throw new LanewiseException(
            "%s: tensors %s and %s both stand for %s"
                .formatted(checkpoint.file(), other.name(), tensor.name(), name));
      }
    }
  }

  /** Lets the first that is there of some tensors stand for another too, if that is missing. */
  public void share(String missing, List<String> others) {
    others.stream()
        .filter(tensors::containsKey)
        .findFirst()
        .ifPresent(other -> tensors.putIfAbsent(missing, tensors.get(other)));
  }

  private String renamed(String name, String... prefixes) {
    String own = name;
    for (String candidate : prefixes) {
      if (name.startsWith(candidate)) {
        prefix = candidate;
        own = name.substring(candidate.length());
        break;
      }
    }
    for (int numbers = 1; numbers <= MOST_NUMBERS; numbers++) {
      Name parts = Name.of(own, numbers);
      String to = table.get(parts.stem());
      if (to != null) {
        return parts.in(to) + ENDINGS.getOrDefault(parts.ending(), "");
      }
    }
    return name;
  }

  /**
   * A name in its parts.
   *
   * @param stem without the ending, and with places instead of the first numbers
   * @param ending the last part, if it is one that names keep
   */
  private record Name(String stem, List<String> numbers, String ending) {
    static Name of(String name, int most) {
      List<String> numbers = new ArrayList<>();
      StringBuilder pattern = new StringBuilder();
      Matcher number = NUMBER.matcher(name);
      while (numbers.size() < most && number.find()) {
        numbers.add(number.group());
        number.appendReplacement(pattern, PLACE);
      }
      number.appendTail(pattern);
      int last = Math.max(0, pattern.lastIndexOf("."));
      String ending = ENDINGS.containsKey(pattern.substring(last)) ? pattern.substring(last) : "";
      return new Name(pattern.substring(0, pattern.length() - ending.length()), numbers, ending);
    }

    /** A pattern with the numbers in their places. */
    String in(String pattern) {
      String name = pattern;
      for (String number : numbers) {
        name = name.replaceFirst(Pattern.quote(PLACE), number);
      }
      return name;
    }
  }

  @Override
  public String nameInFile(String tensor) {
    TensorInfo known = tensors.get(tensor);
    if (known != null) {
      return checkpoint.nameInFile(known.name());
    }
    for (int numbers = 1; numbers <= MOST_NUMBERS; numbers++) {
      Name parts = Name.of(tensor, numbers);
      for (Map.Entry<String, String> entry : table.entrySet()) {
        if (parts.stem().equals(entry.getValue())) {
          return prefix + parts.in(entry.getKey()) + parts.ending();
        }
      }
    }
    return tensor;
  }

  @Override
  public String reasonForMissing() {
    return checkpoint.reasonForMissing();
  }

  @Override
  public String file() {
    return checkpoint.file();
  }

  @Override
  public long fileBytes() {
    return checkpoint.fileBytes();
  }

  @Override
  public FileMemory memory() {
    return checkpoint.memory();
  }

  @Override
  public Metadata metadata() {
    return checkpoint.metadata();
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    return checkpoint.data(tensor);
  }

  @Override
  public <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    return checkpoint.read(tensor, work);
  }
}
