package dev.lanewise.model.cli;

import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.EmbeddingConfig;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.server.LocalServer;
import dev.lanewise.model.server.ServerOptions;
import dev.lanewise.model.task.TextModel;
import java.nio.file.Path;
import java.util.Set;

/** {@code lanewise serve}: a model behind HTTP. */
final class ServeCommand implements Command {
  private static final int DEFAULT_PORT = 8080;
  private static final int DEFAULT_QUEUE = 16;

  /** Requests under way may take this long to end after Ctrl-C. */
  private static final int GRACE_MILLIS = 5000;

  private final Arguments arguments =
      new Arguments(
          "serve",
          "[-m MODEL] [options]",
          "Answers requests over HTTP in the form of OpenAI's interface, until Ctrl-C:"
              + " /v1/chat/completions and /v1/completions with a language model, /v1/embeddings"
              + " with an encoder, /v1/models, /tokenize, /detokenize, /health and /metrics. Prints"
              + " the address as soon as it listens. Only this machine can reach it, unless --host"
              + " says otherwise.");
  private final ModelOptions model = new ModelOptions().addAll(arguments);
  private final Option.Text host =
      arguments.add(new Option.Text("HOST", "address to listen on (default: 127.0.0.1)", "--host"));
  private final Option.Whole port =
      arguments.add(
          new Option.Whole(
              "PORT",
              DEFAULT_PORT,
              0,
              65535,
              "port to listen on; 0 is any that is free (default: " + DEFAULT_PORT + ")",
              "--port"));
  private final Option.Whole slots =
      arguments.add(
          new Option.Whole(
              "N",
              1,
              1,
              64,
              "requests served at once, each with its share of the threads and a context of its own"
                  + " (default: 1)",
              "--slots"));
  private final Option.Whole queue =
      arguments.add(
          new Option.Whole(
              "N",
              DEFAULT_QUEUE,
              0,
              256,
              "requests that may wait for a slot (default: " + DEFAULT_QUEUE + ")",
              "--queue"));
  private final Option.Text key =
      arguments.add(
          new Option.Text("KEY", "the key that clients must send as a bearer token", "--api-key"));
  private final Option.Text keyFile =
      arguments.add(
          new Option.Text(
              "FILE",
              "a file with the key, which other users of the machine then cannot see in its list of"
                  + " processes",
              "--api-key-file"));
  private final Option.Flag open =
      arguments.add(
          new Option.Flag(
              "listen on an address that other machines can reach, without a key", "--no-api-key"));
  private final Option.Text names =
      arguments.add(
          new Option.Text(
              "NAME",
              "a further name that clients call the server by; repeatable",
              "--allow-host"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws InterruptedException {
    ServerOptions options = options(io);
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> endOn(e, thread, io));
    try (Interruption interruption = Interruption.install();
        LocalServer server = LocalServer.start(options, line -> io.note("lanewise: " + line))) {
      io.emit("listening on " + server.url() + "\n");
      load(server, io);
      interruption.enter();
      io.note("lanewise: ready");
      interruption.await();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    return Interruption.EXIT_CODE;
  }

  /**
   * Tells what ended a thread. If it was a want of memory, the whole program ends at once: the
   * server may miss the thread, and would listen without answering.
   */
  private static void endOn(Throwable e, Thread thread, Stdio io) {
    boolean fatal = e instanceof VirtualMachineError;
    try {
      String help = fatal ? "; start it again with more memory (java -Xmx)" : "";
      io.note("lanewise: thread " + thread.getName() + " ended: " + e + help);
    } finally {
      if (fatal) {
        Runtime.getRuntime().halt(1);
      }
    }
  }

  private ServerOptions options(Stdio io) {
    if (key.given() && keyFile.given()) {
      throw new UsageException("give the key with either --api-key or --api-key-file");
    }
    String secret = keyFile.given() ? io.read(keyFile.value()).strip() : key.value();
    if (secret != null && open.given()) {
      throw new UsageException("--no-api-key does not go with a key");
    }
    ServerOptions options =
        new ServerOptions(
            host.given() ? host.value() : "127.0.0.1",
            port.intValue(),
            secret,
            Set.copyOf(names.values()),
            slots.intValue(),
            queue.intValue(),
            GRACE_MILLIS);
    if (secret == null && !open.given() && !options.isLocal()) {
      throw new UsageException(
          "other machines can reach --host "
              + options.host()
              + ": give a key with --api-key, or say --no-api-key");
    }
    return options;
  }

  private void load(LocalServer server, Stdio io) {
    model.load(
        checkpoint -> {
          if (isEncoder(checkpoint)) {
            server.serve(name(), TextModel.of(checkpoint), model.threads());
          } else {
            LanguageModel loaded = LanguageModel.of(checkpoint);
            server.serve(name(), loaded, model.threads(), model.contextLength(loaded));
          }
          return server;
        },
        io);
  }

  /** Whether it makes embeddings; some decoders were trained for them. */
  private static boolean isEncoder(Checkpoint checkpoint) {
    return Architectures.isTextEncoder(checkpoint)
        || !EmbeddingConfig.isGuess(checkpoint.metadata());
  }

  /** The name in the catalogue, or that of the file or folder. */
  private String name() {
    Path path = Stdio.path(model.name()).toAbsolutePath().normalize();
    Path file = path.getFileName();
    return file == null
        ? model.name()
        : file.toString().replaceFirst("\\.(gguf|safetensors|bin|onnx)$", "");
  }
}
