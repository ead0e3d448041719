using FluentAssertions;
using McpActors.Cli.Commands;
using McpActors.Cli.Prompt;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class LineEditorTests
{
    private static readonly string[] History = ["oldest", "older", "old"];

    [Theory]
    [InlineData("", "^")]
    [InlineData("list", "list^")]
    [InlineData("lst<Left><Left>i", "li^st")]
    [InlineData("ab<Left><Left><Left>", "^ab")]
    [InlineData("ab<Right>", "ab^")]
    [InlineData("ab<Home>c<End>d", "cabd^")]
    [InlineData("ab<C-a>c<C-e>d", "cabd^")]
    [InlineData("ab<C-b>c<C-f>d", "acbd^")]
    [InlineData("abc<BS>", "ab^")]
    [InlineData("<BS>", "^")]
    [InlineData("abc<Left><Left><BS>", "^bc")]
    [InlineData("abc<C-h>", "ab^")]
    [InlineData("abc<Home><Del>", "^bc")]
    [InlineData("abc<Del>", "abc^")]
    [InlineData("abc<Home><C-d>", "^bc")]
    [InlineData("abc<C-d>", "abc^")]
    [InlineData("one two  three<C-w>", "one two  ^")]
    [InlineData("one two  <C-w>", "one ^")]
    [InlineData("one two<C-Left><C-Left>x<C-Right>y", "xoney^ two")]
    [InlineData("one two<M-b>x<M-f>y", "one xtwoy^")]
    [InlineData("one two<Left><Left><Left><C-u>", "^two")]
    [InlineData("one two<Left><Left><Left><C-k>", "one ^")]
    [InlineData("a👍b<Left><Left>x", "ax^👍b")]
    [InlineData("a👍<BS>", "a^")]
    [InlineData("e\u0301x<Left><BS>", "^x")]
    [InlineData("👩🏽<Left>", "^👩🏽")]
    [InlineData("a\u202Eb\u001bc", "abc^")]
    [InlineData("a<Esc><F5><C-x>b", "ab^")]
    [InlineData("<AltGr-at>", "@^")]
    [InlineData("<Up>", "old^")]
    [InlineData("<Up><Up><Up><Up><Up>", "oldest^")]
    [InlineData("draft<Up><Up><Down>", "old^")]
    [InlineData("draft<Up><Up><Down><Down>", "draft^")]
    [InlineData("draft<Down>", "draft^")]
    [InlineData("draft<C-p><C-n>", "draft^")]
    [InlineData("draft<Up>er<Down>", "draft^")]
    [InlineData("gone<C-c>new", "new^")]
    public void Keys_edit_the_line(string keys, string expected) => Shown(Type(keys)).Should().Be(expected);

    [Theory]
    [InlineData("<Enter>", "Submit")]
    [InlineData("x<C-j>", "Submit")]
    [InlineData("<C-d>", "End")]
    [InlineData("x<C-d>", "Redraw")]
    [InlineData("x<C-c>", "Abandon")]
    [InlineData("<Tab>", "Complete")]
    [InlineData("x<C-l>", "ClearScreen")]
    public void Some_keys_have_an_effect(string keys, string expected)
    {
        var (_, effect) = Press(LineState.Empty([]), keys);

        effect.ToString().Should().Be(expected);
    }

    [Fact]
    public void A_line_has_a_bound()
    {
        var full = new LineState(new string('x', LineEditor.MaxLength), 0, [], 0, "");

        Press(full, "y").State.Should().Be(full);
    }

    [Theory]
    [InlineData("sh^", 0, "show", "show ^", "")]
    [InlineData("sh^ x", 0, "show", "show ^x", "")]
    [InlineData("show e^", 5, "every,eve", "show eve^", "")]
    [InlineData("show eve^", 5, "every,eve", "show eve^", "every,eve")]
    [InlineData("show ^", 5, "a,b", "show ^", "a,b")]
    [InlineData("show x^", 5, "", "show x^", "")]
    [InlineData("show w^", 5, "we ird", "show \"we ird\" ^", "")]
    [InlineData("show \"we^", 5, "we ird", "show \"we ird\" ^", "")]
    [InlineData("show w^", 5, "we a,we b", "show \"we ^", "")]
    [InlineData("show \"we ^", 5, "we a,we b", "show \"we ^", "we a,we b")]
    [InlineData("show e^", 5, "e\u001b[2J,e\u202Ex", "show e^", "")]
    [InlineData("show e^", 5, "e\"q", "show e^", "")]
    public void Tab_completes_as_far_as_it_is_clear(string line, int start, string candidates, string expected, string choices)
    {
        var cursor = line.IndexOf('^', StringComparison.Ordinal);
        var state = new LineState(line.Remove(cursor, 1), cursor, [], 0, "");

        var (completed, offered) = LineEditor.Complete(state, new Completions(start, candidates.Split(',', StringSplitOptions.RemoveEmptyEntries)));

        Shown(completed).Should().Be(expected);
        string.Join(',', offered).Should().Be(choices);
    }

    [Fact]
    public void Candidates_that_differ_in_half_of_a_character_have_nothing_of_it_in_common()
    {
        var (completed, _) = LineEditor.Complete(LineState.Empty([]), new Completions(0, ["a👍", "a👎"]));

        completed.Text.Should().Be("a");
    }

    [Fact]
    public void The_history_forgets_blank_lines_repetitions_and_the_oldest()
    {
        LineEditor.Remember(History, " ").Should().Equal(History);
        LineEditor.Remember(History, "old").Should().Equal(History);
        LineEditor.Remember(History, "new").Should().Equal("oldest", "older", "old", "new");
        var full = Enumerable.Range(0, LineEditor.MaxHistory).Select(i => $"{i}").ToList();
        LineEditor.Remember(full, "new").Should().HaveCount(LineEditor.MaxHistory).And.StartWith("1").And.EndWith("new");
    }

    [Theory]
    [InlineData("list^", 20, "list", 9)]
    [InlineData("^list", 20, "list", 5)]
    [InlineData("0123456789^", 16, "0123456789", 15)]
    [InlineData("0123456789a^", 16, "123456789a", 15)]
    [InlineData("^0123456789abc", 16, "0123456789", 5)]
    [InlineData("日本^", 20, "日本", 9)]
    [InlineData("日本語日本語^", 16, "本語日本語", 15)]
    [InlineData("e\u0301^", 20, "e\u0301", 6)]
    [InlineData("x^", 3, "x", 6)]
    public void A_line_is_drawn_in_one_row_with_its_cursor_visible(string line, int width, string visible, int column)
    {
        var cursor = line.IndexOf('^', StringComparison.Ordinal);

        var view = LineView.Of(line.Remove(cursor, 1), cursor, promptColumns: 5, width);

        view.Should().Be(new LineView(visible, column));
    }

    private static LineState Type(string keys) => Press(LineState.Empty(History), keys).State;

    private static (LineState State, LineEffect Effect) Press(LineState state, string keys)
    {
        var effect = LineEffect.Redraw;
        foreach (var key in Keys.Parse(keys))
        {
            (state, effect) = LineEditor.Apply(state, EditorKey.From(key));
        }

        return (state, effect);
    }

    private static string Shown(LineState state) => state.Text.Insert(state.Cursor, "^");
}
