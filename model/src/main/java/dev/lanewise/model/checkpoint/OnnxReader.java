package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.ProtocolBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the graph of an ONNX file: of its schema ({@code onnx.proto} in the ONNX repository) the
 * nodes, their plain attributes, and the stored tensors. Graphs inside of nodes are left out.
 */
final class OnnxReader {
  // Of ModelProto.
  private static final int GRAPH = 7;

  // Of GraphProto.
  private static final int NODE = 1;
  private static final int INITIALIZER = 5;
  private static final int GRAPH_OUTPUT = 12;
  private static final int SPARSE_INITIALIZER = 15;

  // Of NodeProto.
  private static final int INPUT = 1;
  private static final int OUTPUT = 2;
  private static final int NODE_NAME = 3;
  private static final int OP_TYPE = 4;
  private static final int ATTRIBUTE = 5;
  private static final int METADATA = 9;

  // Of AttributeProto.
  private static final int ATTRIBUTE_NAME = 1;
  private static final int FLOAT = 2;
  private static final int INT = 3;
  private static final int STRING = 4;
  private static final int TENSOR = 5;

  // Of ValueInfoProto.
  private static final int VALUE_NAME = 1;

  // Of StringStringEntryProto.
  private static final int KEY = 1;
  private static final int VALUE = 2;

  /** Under which PyTorch's newer exporter notes the modules around an operation. */
  private static final String SCOPES = "pkg.torch.onnx.name_scopes";

  private static final int MAX_NAME_BYTES = 4096;

  /** Most heap that nodes and descriptions of tensors may take; large models take a tenth. */
  private static final long MAX_HEAP_BYTES = 1 << 25;

  /** About what an object takes on the heap besides its text. */
  private static final int OBJECT_BYTES = 64;

  private final String file;
  private final FileMemory memory;
  private final MemorySegment source;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
  private final Map<Path, MemorySegment> otherFiles = new HashMap<>();
  private long heapBytes;

  /**
   * A reader.
   *
   * @param memory for the other files in which tensors lie
   */
  OnnxReader(String file, FileMemory memory, MemorySegment source) {
    this.file = file;
    this.memory = memory;
    this.source = source;
  }

  OnnxGraph read() {
    ProtocolBuffer model = new ProtocolBuffer(file, source);
    boolean found = false;
    while (model.next()) {
      if (model.field() != GRAPH) {
        model.skip();
        continue;
      }
      if (found) {
        throw model.damaged("there is a second graph");
      }
      found = true;
      readGraph(model.message());
    }
    if (!found) {
      throw new LanewiseException(file + ": holds no graph; it is no ONNX file, or is cut off");
    }
    return new OnnxGraph(file, initializers, nodes, outputs);
  }

  private void readGraph(ProtocolBuffer graph) {
    while (graph.next()) {
      switch (graph.field()) {
        case NODE -> nodes.add(node(graph.message()));
        case INITIALIZER -> {
          ProtocolBuffer message = graph.message();
          OnnxTensor tensor = tensor(message);
          if (tensor.name().isEmpty()) {
            throw message.damaged("a stored tensor has no name");
          }
          if (initializers.put(tensor.name(), tensor) != null) {
            throw message.damaged("there is a second tensor " + tensor.name());
          }
        }
        case GRAPH_OUTPUT -> addOutput(graph.message());
        case SPARSE_INITIALIZER -> throw graph.damaged("there is a sparse tensor; none is read");
        default -> graph.skip();
      }
    }
  }

  private void addOutput(ProtocolBuffer value) {
    while (value.next()) {
      if (value.field() == VALUE_NAME) {
        outputs.add(text(value));
      } else {
        value.skip();
      }
    }
  }

  private OnnxNode node(ProtocolBuffer node) {
    spend(node, 2 * OBJECT_BYTES);
    String op = "";
    String name = "";
    String scopes = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, Object> attributes = new HashMap<>();
    while (node.next()) {
      switch (node.field()) {
        case INPUT -> inputs.add(text(node));
        case OUTPUT -> outputs.add(text(node));
        case NODE_NAME -> name = text(node);
        case OP_TYPE -> op = text(node).intern();
        case ATTRIBUTE -> readAttribute(node.message(), attributes);
        case METADATA -> scopes = scopes(node.message(), scopes);
        default -> node.skip();
      }
    }
    return new OnnxNode(op, name, scopes, inputs, outputs, attributes);
  }

  /** The value of an entry, behind its key, if it is the one of {@link #SCOPES}. */
  private String scopes(ProtocolBuffer entry, String fallback) {
    boolean wanted = false;
    String scopes = fallback;
    while (entry.next()) {
      if (entry.field() == KEY) {
        wanted = text(entry).equals(SCOPES);
      } else if (entry.field() == VALUE && wanted) {
        scopes = text(entry);
      } else {
        entry.skip();
      }
    }
    return scopes;
  }

  private void readAttribute(ProtocolBuffer attribute, Map<String, Object> attributes) {
    spend(attribute, OBJECT_BYTES);
    String name = "";
    Object value = null;
    while (attribute.next()) {
      switch (attribute.field()) {
        case ATTRIBUTE_NAME -> name = text(attribute);
        case FLOAT -> value = attribute.float32();
        case INT -> value = attribute.number();
        case STRING -> value = text(attribute);
        case TENSOR -> value = tensor(attribute.message());
        default -> attribute.skip();
      }
    }
    if (value != null) {
      attributes.put(name, value);
    }
  }

  private OnnxTensor tensor(ProtocolBuffer tensor) {
    spend(tensor, 2 * OBJECT_BYTES);
    return new OnnxTensorReader(this, tensor).read();
  }

  String file() {
    return file;
  }

  /** The whole file. */
  MemorySegment source() {
    return source;
  }

  /** Another file in which tensors lie. */
  MemorySegment otherFile(Path path) {
    return otherFiles.computeIfAbsent(path, other -> MappedFile.map(other, memory));
  }

  /** A name or another short text. */
  String text(ProtocolBuffer message) {
    byte[] bytes = message.bytes(MAX_NAME_BYTES);
    spend(message, OBJECT_BYTES + bytes.length);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void spend(ProtocolBuffer message, int bytes) {
    heapBytes += bytes;
    if (heapBytes > MAX_HEAP_BYTES) {
      throw message.damaged(
          "the graph takes more than " + MAX_HEAP_BYTES + " bytes besides its tensors");
    }
  }
}
