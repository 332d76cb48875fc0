package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
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
  /** The first number between dots is the layer's. */
  private static final Pattern LAYER = Pattern.compile("(?<=\\.)(\\d+)(?=\\.)");

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
   *     {@code .gamma}, {@code .beta}) to another; {@code {}} stands for the layer's number in both
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
    Matcher layer = LAYER.matcher(own);
    String number = layer.find() ? layer.group() : "";
    String pattern = number.isEmpty() ? own : layer.replaceFirst(PLACE);
    String ending = ending(pattern);
    String to = table.get(pattern.substring(0, pattern.length() - ending.length()));
    return to == null ? name : to.replace(PLACE, number) + ENDINGS.getOrDefault(ending, "");
  }

  /** The last part of a name, if it is one that names keep. */
  private static String ending(String pattern) {
    String last = pattern.substring(Math.max(0, pattern.lastIndexOf('.')));
    return ENDINGS.containsKey(last) ? last : "";
  }

  @Override
  public String nameInFile(String tensor) {
    TensorInfo known = tensors.get(tensor);
    if (known != null) {
      return checkpoint.nameInFile(known.name());
    }
    Matcher layer = LAYER.matcher(tensor);
    String number = layer.find() ? layer.group() : "";
    String pattern = number.isEmpty() ? tensor : layer.replaceFirst(PLACE);
    String ending = ending(pattern);
    String stem = pattern.substring(0, pattern.length() - ending.length());
    for (Map.Entry<String, String> entry : table.entrySet()) {
      if (stem.equals(entry.getValue())) {
        return prefix + entry.getKey().replace(PLACE, number) + ending;
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
