package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where texts are cut, and that nothing is lost. */
class PassageTest {
  @Test
  void aShortTextIsOnePassage() {
    assertEquals(List.of(new Passage("a", 2, "one\n\ntwo")), Passage.split("a", " \none\n\ntwo\n"));
    assertEquals(List.of(), Passage.split("a", " \n\t"));
  }

  @Test
  void paragraphsAreKeptTogether() {
    String paragraph = "word ".repeat(80).strip();
    List<Passage> passages =
        Passage.split("a", paragraph + "\n\n" + paragraph + "\n\n" + paragraph);
    assertEquals(2, passages.size());
    assertEquals(paragraph + "\n\n" + paragraph, passages.get(0).text());
    assertEquals(paragraph, passages.get(1).text());
  }

  @Test
  void paragraphsOfWindowsAreKeptTogether() {
    String paragraph = "one line\r\n".repeat(40);
    List<Passage> passages =
        Passage.split("a", paragraph + "\r\n" + paragraph + "\r\n" + paragraph);
    assertEquals(2, passages.size());
    assertEquals(paragraph.strip(), passages.get(1).text());
  }

  @Test
  void aPassageIsCutUntilItFits() {
    String text = "二十字的一个句子放在这里就够了吧好的。".repeat(60) + "x".repeat(50);
    List<Passage> passages = Passage.split("a", text, each -> each.length() <= 100);
    String all = passages.stream().map(Passage::text).collect(Collectors.joining());
    assertEquals(text, all);
    assertTrue(passages.stream().allMatch(each -> each.text().length() <= 100));
    assertTrue(passages.getFirst().text().endsWith("。"), passages.getFirst().text());
    List<Passage> never = Passage.split("a", "😀".repeat(100), _ -> false);
    assertEquals("😀".repeat(7), never.getFirst().text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"word ", "A sentence. ", "line\n", "x", "😀"})
  void noCharacterIsLostAndOffsetsAreRight(String unit) {
    String text = unit.repeat(3000);
    List<Passage> passages = Passage.split("a", text);
    assertTrue(passages.size() > 1);
    StringBuilder all = new StringBuilder();
    for (Passage passage : passages) {
      assertTrue(passage.text().length() <= 1000, "too long");
      assertTrue(text.startsWith(passage.text(), passage.offset()), "offset");
      all.append(passage.text());
    }
    assertEquals(text.replaceAll("\\s", ""), all.toString().replaceAll("\\s", ""));
    assertTrue(passages.stream().noneMatch(p -> Character.isLowSurrogate(p.text().charAt(0))));
  }
}
