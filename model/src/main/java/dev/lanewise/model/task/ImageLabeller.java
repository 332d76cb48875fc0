package dev.lanewise.model.task;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.arch.Encoding;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.arch.ImageEncoder;
import dev.lanewise.model.image.ImageFile;
import dev.lanewise.model.image.ImageProcessor;
import dev.lanewise.model.image.Pixels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Tells what images show: the classes that a model was trained to tell apart, and how well each
 * fits (Dosovitskiy et al. 2020, arXiv:2010.11929).
 *
 * {@snippet :
 * try (ImageLabeller labeller = ImageLabeller.load(Path.of("vit-base-patch16-224"))) {
 *   List<LabelScore> labels = labeller.label(Path.of("cat.jpg"), 5);
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class ImageLabeller implements AutoCloseable {
  /** Most patches of a batch, unless a single image has more: enough to share the weights. */
  private static final int BATCH_TOKENS = 1024;

  private final ImageModel model;
  private final boolean ownsModel;
  private final ImageProcessor processor;
  private final Scoring scoring;
  private final Parallel team;
  private final ImageEncoder.Session session;
  private final SingleCaller caller = new SingleCaller("this labeller of images");

  /** Receives what comes of files, in their order. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes the labels of an image.
     *
     * @param file its number among the files, from 0
     * @param labels the best first
     */
    void labelled(int file, List<LabelScore> labels);

    /**
     * A file is no image that can be read. Ends the work unless overridden.
     *
     * @param file its number among the files, from 0
     */
    default void failed(int file, LanewiseException reason) {
      throw reason;
    }
  }

  /**
   * A labeller with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else
   */
  public ImageLabeller(ImageModel model, int threads) {
    this(model, threads, false);
  }

  private ImageLabeller(ImageModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.IMAGE_CLASSES);
    this.model = model;
    this.ownsModel = ownsModel;
    processor = new ImageProcessor(model.preprocessor());
    scoring = Scoring.of(model.metadata(), model.encoder().outputs());
    team = Parallel.of(threads);
    session = team.closedUnless(() -> model.encoder().newSession(Kernels.best(team)));
  }

  /**
   * A labeller with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded; see {@link ImageModel#load}
   */
  public static ImageLabeller load(Path path) {
    ImageModel model = ImageModel.load(path);
    try {
      return new ImageLabeller(model, Runtime.getRuntime().availableProcessors(), true);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /**
   * What an image shows.
   *
   * @param top how many labels at most
   * @throws LanewiseException if the file is no image that can be read
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the labeller is closed or at work
   */
  public List<LabelScore> label(Path file, int top) {
    List<List<LabelScore>> all = new ArrayList<>();
    label(List.of(file), top, BatchProgress.NONE, (_, labels) -> all.add(labels));
    return all.getFirst();
  }

  /**
   * What an image shows.
   *
   * @param top how many labels at most
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the labeller is closed or at work
   */
  public List<LabelScore> label(Pixels image, int top) {
    Counts.requireNotNegative("top", top);
    float[] values = new float[valuesOfOne()];
    prepare("the image", image, values, 0);
    caller.enter();
    try {
      return labels(session.encode(values).logits(), 0, top);
    } finally {
      caller.leave();
    }
  }

  /**
   * What images show, batch by batch.
   *
   * @param top how many labels of an image at most
   * @param sink receives them
   * @throws LanewiseException if a file is no image that can be read, and the sink does not take it
   * @throws CancellationException if the progress says so, or the thread is interrupted
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the labeller is closed or at work
   */
  public void label(List<Path> files, int top, BatchProgress progress, Sink sink) {
    Counts.requireNotNegative("top", top);
    caller.enter();
    try {
      labelAll(files, top, progress, sink);
    } finally {
      caller.leave();
    }
  }

  private void labelAll(List<Path> files, int top, BatchProgress progress, Sink sink) {
    int batch = Math.max(1, BATCH_TOKENS / model.encoder().tokens());
    float[] values = new float[Math.multiplyExact(valuesOfOne(), Math.min(batch, files.size()))];
    for (int from = 0, to; from < files.size(); from = to) {
      to = Math.min(files.size(), from + batch);
      LanewiseException[] failures = new LanewiseException[to - from];
      int count = 0;
      for (int i = from; i < to; i++) {
        if (progress.cancelled() || Thread.currentThread().isInterrupted()) {
          throw new CancellationException(from + " of " + files.size() + " images were done");
        }
        try {
          Path file = files.get(i);
          prepare(file.toString(), ImageFile.read(file), values, count * valuesOfOne());
          count++;
        } catch (LanewiseException e) {
          failures[i - from] = e;
        }
      }
      Encoding encoding =
          count == 0 ? null : session.encode(Arrays.copyOf(values, count * valuesOfOne()));
      float[] logits = encoding == null ? null : encoding.logits();
      progress.update(to, files.size());
      for (int i = from, row = 0; i < to; i++) {
        if (failures[i - from] != null) {
          sink.failed(i, failures[i - from]);
        } else {
          sink.labelled(i, labels(logits, row++, top));
        }
      }
    }
  }

  private int valuesOfOne() {
    ImageEncoder encoder = model.encoder();
    return encoder.channels() * encoder.height() * encoder.width();
  }

  private void prepare(String name, Pixels image, float[] to, int at) {
    processor.process(name, image, to, at, model.encoder().height(), model.encoder().width());
  }

  private List<LabelScore> labels(float[] logits, int row, int top) {
    int classes = model.encoder().outputs();
    float[] scores = scoring.scores(logits, row * classes, classes);
    return LabelScore.best(model.encoder().labels(), scores, top);
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    caller.close();
    team.close();
    if (ownsModel) {
      model.close();
    }
  }
}
