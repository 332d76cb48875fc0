package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.tokenizer.TokenSequence;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Tasks close the models that they loaded, and no others. */
class ClosedTaskTest {
  @TempDir private Path folder;

  private Path classifier() {
    return TinyTextModel.write(folder, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT);
  }

  private void isClosed(Executable use) {
    String message = assertThrows(IllegalStateException.class, use).getMessage();
    assertTrue(message.startsWith(folder + " is closed"), message);
  }

  private static void encode(TextModel model) {
    TokenSequence sequence = model.sequence(0, "a cat", 12, BatchProgress.NONE);
    try (BatchEncoder encoder = new BatchEncoder(model.encoder(), 1)) {
      encoder.encode(List.of(sequence), BatchProgress.NONE, (_, _) -> {});
    }
  }

  private <T extends AutoCloseable> void closesItsOwn(Path path, Function<Path, T> load)
      throws Exception {
    T task = load.apply(path);
    Field field = task.getClass().getDeclaredField("model");
    field.setAccessible(true);
    TextModel model = (TextModel) field.get(task);
    encode(model);
    task.close();
    isClosed(() -> encode(model));
    task.close();
  }

  @Test
  void modelsOfTasksEndWithThem() throws Exception {
    closesItsOwn(classifier(), TextClassifier::load);
    closesItsOwn(
        TinyTextModel.write(folder, TinyTextModel.INFERENCE_CONFIG, TinyEncoder.BERT),
        ZeroShotClassifier::load);
    closesItsOwn(classifier(), Embedder::load);
    closesItsOwn(
        TinyTextModel.write(folder, TinyTextModel.RERANKER_CONFIG, TinyTextModel.RERANKER),
        Reranker::load);
    closesItsOwn(
        TinyTextModel.write(folder, TinyTextModel.TAGGER_CONFIG, TinyTextModel.TAGGER),
        Tagger::load);
    closesItsOwn(
        TinyTextModel.write(folder, TinyTextModel.ANSWERER_CONFIG, TinyTextModel.ANSWERER),
        QuestionAnswerer::load);
    closesItsOwn(
        TinyTextModel.write(folder, TinyTextModel.FILLER_CONFIG, TinyTextModel.FILLER),
        MaskFiller::load);
  }

  @Test
  void modelsOfImagesEndWithTheirTask() throws Exception {
    ImageLabeller labeller = ImageLabeller.load(TinyImageModel.write(folder));
    Field field = ImageLabeller.class.getDeclaredField("model");
    field.setAccessible(true);
    ImageModel model = (ImageModel) field.get(labeller);
    labeller.close();
    try (ImageLabeller other = new ImageLabeller(model, 1)) {
      isClosed(() -> other.label(TinyImageModel.pixels(4, 4), 1));
    }
  }

  @Test
  void modelsOfOthersStay() {
    try (TextModel model = TextModel.load(classifier())) {
      new TextClassifier(model, 1).close();
      encode(model);
    }
  }

  @Test
  void aModelForWhichThereIsNoTaskIsClosed() {
    Path path = classifier();
    assertThrows(LanewiseException.class, () -> Tagger.load(path));
    AtomicReference<TextModel> seen = new AtomicReference<>();
    LanewiseException failure = new LanewiseException("not for this");
    assertThrows(
        LanewiseException.class,
        () ->
            TextModel.loadFor(
                path,
                (model, _) -> {
                  seen.set(model);
                  throw failure;
                }));
    isClosed(() -> encode(seen.get()));
  }

  @Test
  void nothingIsMadeOfTextsOnceTheModelIsClosed() {
    ConditionalModel model = ConditionalModel.load(TinyConditionalModel.write(folder));
    try (TextToText converter =
        new TextToText(model, Instruction.none(model), TextToText.Overlong.REFUSED, 1)) {
      converter.convert("the cat");
      model.close();
      isClosed(() -> converter.convert("the cat"));
    }
  }

  @Test
  void indexesAreClosed() {
    Path file = folder.resolve("x.index");
    try (SearchIndexWriter writer = new SearchIndexWriter(file, 2)) {
      writer.add(List.of(new Passage("s", 0, "text")), new float[][] {{1, 0}});
      writer.finish("m", "");
    }
    SearchIndex index = SearchIndex.open(file);
    try (Searcher searcher = new Searcher(index, 1)) {
      assertEquals("text", searcher.nearest(new float[] {1, 0}, 1).getFirst().passage().text());
      index.close();
      index.close();
      for (Executable use :
          List.<Executable>of(
              () -> searcher.nearest(new float[] {1, 0}, 1), () -> index.passage(0))) {
        String message = assertThrows(IllegalStateException.class, use).getMessage();
        assertTrue(message.startsWith(file + " is closed"), message);
      }
    }
  }
}
