package dev.lanewise.model.cli;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.catalogue.Sizes;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the program starts: finds the command, runs it, and turns failures into exit codes. */
public final class Main {
  /** The work is done. */
  static final int OK = 0;

  /** The work failed; a line on standard error says why. */
  static final int FAILED = 1;

  /** The command line was wrong. */
  static final int USAGE = 2;

  /** What each command does, in the order of the usage. */
  private static final Map<String, String> SUMMARIES = new LinkedHashMap<>();

  static {
    SUMMARIES.put("generate", "continue a text or answer a prompt");
    SUMMARIES.put("chat", "talk with a model, line by line");
    SUMMARIES.put("tokenize", "turn text into token ids and back");
    SUMMARIES.put("logits", "show what a model predicts next");
    SUMMARIES.put("perplexity", "measure how well a model predicts a text");
    SUMMARIES.put("embed", "turn texts into vectors");
    SUMMARIES.put("search", "find the passages of files that mean what a text says");
    SUMMARIES.put("rerank", "sort texts by how well they answer a query");
    SUMMARIES.put("classify", "tell which classes texts belong to");
    SUMMARIES.put("tag", "find names and the like in texts");
    SUMMARIES.put("answer", "find the answer to a question in texts");
    SUMMARIES.put("fill", "tell which words fit where a text has a mask");
    SUMMARIES.put("label", "tell what images show");
    SUMMARIES.put("translate", "put texts into another language");
    SUMMARIES.put("summarize", "make texts short");
    SUMMARIES.put("serve", "answer requests over HTTP");
    SUMMARIES.put("train", "make a small language model of a text, or train one further");
    SUMMARIES.put("bench", "measure the speed of a model or a kernel");
    SUMMARIES.put("inspect", "show what a model file holds");
    SUMMARIES.put("plan", "tell what a model will cost on this machine");
    SUMMARIES.put("quantize", "make a model's file smaller");
    SUMMARIES.put("models", "list the models that can be named instead of a path");
    SUMMARIES.put("pull", "download a model");
    SUMMARIES.put("doctor", "check this machine and how to make it faster");
  }

  /** All commands, in the order of the usage. */
  static final List<String> COMMANDS = List.copyOf(SUMMARIES.keySet());

  private static final String HEADLESS = "java.awt.headless";

  /** Where summaries begin. */
  private static final int SUMMARY_COLUMN = 14;

  private Main() {}

  /** Runs the program and exits with its code. */
  public static void main(String[] args) {
    if (System.getProperty(HEADLESS) == null) {
      System.setProperty(HEADLESS, "true"); // images are read, but never shown
    }
    PrintStream out = utf8(FileDescriptor.out);
    PrintStream err = utf8(FileDescriptor.err);
    int code = run(NativeArguments.restore(args), new Stdio(System.in, out, err, true));
    if (code != OK) {
      System.exit(code);
    }
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor)), false, StandardCharsets.UTF_8);
  }

  /**
   * Runs a command line.
   *
   * @param args the command and its options
   * @param in what the command reads, in UTF-8
   * @param out receives results
   * @param err receives progress, statistics and errors
   * @return the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted
   */
  public static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
    return run(args, new Stdio(in, out, err, false));
  }

  private static int run(String[] args, Stdio io) {
    int code = dispatch(args, io);
    if (io.out().checkError() && code == OK) {
      io.note("lanewise: " + LanewiseException.cannotWriteResults().getMessage());
      code = FAILED;
    }
    io.err().flush();
    return code;
  }

  private static int dispatch(String[] args, Stdio io) {
    if (args.length == 2 && args[0].equals("help")) {
      return dispatch(new String[] {args[1], "--help"}, io);
    }
    String name = args.length == 0 ? "" : args[0];
    return switch (name) {
      case "" -> {
        io.err().print(help());
        yield USAGE;
      }
      case "-h", "--help", "help" -> {
        io.out().print(help());
        yield OK;
      }
      case "--version", "version" -> {
        io.out().println("lanewise " + version());
        yield OK;
      }
      default -> {
        Command command = command(name);
        yield command == null ? unknown(name, io) : run(command, name, args, io);
      }
    };
  }

  private static String help() {
    StringBuilder commands = new StringBuilder();
    SUMMARIES.forEach(
        (name, summary) -> {
          commands.append("  ").append(name);
          commands.append(" ".repeat(SUMMARY_COLUMN - 2 - name.length()));
          commands.append(summary).append('\n');
        });
    return """
    Usage: lanewise COMMAND [options]

    Runs transformer models in plain Java.

    """
        + commands
        + """

          lanewise COMMAND --help   options of a command
          lanewise --version        version

        Environment:
          LANEWISE_HOME             where models are kept
          LANEWISE_JAVA_HOME        the JDK to use
          LANEWISE_JAVA_OPTS        more options for it, such as -Xmx8g
          HF_ENDPOINT, HF_TOKEN     address of the Hugging Face hub, and a token for it
        """;
  }

  private static int unknown(String name, Stdio io) {
    io.note(
        "lanewise: unknown command '"
            + name
            + "'"
            + Nearest.suggestion(name, COMMANDS)
            + "; see lanewise --help");
    return USAGE;
  }

  /** Loads the one class that is needed. */
  private static Command command(String name) {
    return switch (name) {
      case "generate" -> new GenerateCommand();
      case "chat" -> new ChatCommand();
      case "tokenize" -> new TokenizeCommand();
      case "logits" -> new LogitsCommand();
      case "perplexity" -> new PerplexityCommand();
      case "embed" -> new EmbedCommand();
      case "search" -> new SearchCommand();
      case "rerank" -> new RerankCommand();
      case "classify" -> new ClassifyCommand();
      case "tag" -> new TagCommand();
      case "answer" -> new AnswerCommand();
      case "fill" -> new FillCommand();
      case "label" -> new LabelCommand();
      case "translate" -> new TranslateCommand();
      case "summarize" -> new SummarizeCommand();
      case "serve" -> new ServeCommand();
      case "train" -> new TrainCommand();
      case "bench" -> new BenchCommand();
      case "inspect" -> new InspectCommand();
      case "plan" -> new PlanCommand();
      case "quantize" -> new QuantizeCommand();
      case "models" -> new ModelsCommand();
      case "pull" -> new PullCommand();
      case "doctor" -> new DoctorCommand();
      case "class-archive" -> new ClassArchiveCommand(); // for the launcher, so in no list
      default -> null;
    };
  }

  private static int run(Command command, String name, String[] args, Stdio io) {
    try {
      command.arguments().parse(args, 1);
      if (command.arguments().helpWanted()) {
        io.out().print(command.arguments().help());
        return OK;
      }
      try {
        Kernels.checkSettings();
      } catch (IllegalArgumentException e) {
        return failed(e.getMessage(), e, command, io);
      }
      return command.run(io);
    } catch (UsageException e) {
      io.note("lanewise " + name + ": " + e.getMessage() + "; see lanewise " + name + " --help");
      return USAGE;
    } catch (LanewiseException e) {
      return failed(e.getMessage(), e, command, io);
    } catch (OutOfMemoryError e) {
      return failed(
          ("no memory (%s) with a Java heap of %s; use %s or a larger heap"
                  + " (LANEWISE_JAVA_OPTS=-Xmx8g)")
              .formatted(
                  e.getMessage(),
                  Sizes.text(Runtime.getRuntime().maxMemory()),
                  command.lessMemory()),
          e,
          command,
          io);
    } catch (IOException e) {
      return failed("input or output failed: " + e.getMessage(), e, command, io);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Interruption.EXIT_CODE;
    } catch (RuntimeException | Error e) {
      return failed("internal error: " + e + "; --debug shows where", e, command, io);
    }
  }

  private static int failed(String message, Throwable cause, Command command, Stdio io) {
    io.out().flush();
    io.note("lanewise: " + message);
    if (command.arguments().debug()) {
      cause.printStackTrace(io.err());
    }
    return FAILED;
  }

  private static String version() {
    if (Main.class.getModule().isNamed()) {
      return Main.class.getModule().getDescriptor().rawVersion().orElse("development");
    }
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
