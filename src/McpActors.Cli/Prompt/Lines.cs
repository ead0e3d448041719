using System.Globalization;
using System.Text;
using McpActors.Cli.Commands;

namespace McpActors.Cli.Prompt;

/// <summary>Where the lines of a prompt come from.</summary>
internal interface ILines
{
    /// <summary>The next line, or null at the end of input.</summary>
    Task<string?> ReadAsync(CancellationToken cancellation);
}

/// <summary>Lines of a pipe or file: no prompt, no editing.</summary>
internal sealed class PlainLines(TextReader input) : ILines
{
    /// <inheritdoc />
    public async Task<string?> ReadAsync(CancellationToken cancellation) => await input.ReadLineAsync(cancellation);
}

/// <summary>Lines that are edited on a terminal: the shell round <see cref="LineEditor"/>.</summary>
/// <param name="terminal">Gives keys and takes drawings.</param>
/// <param name="prompt">What stands before the line; plain ASCII.</param>
/// <param name="complete">Completes the text before the cursor.</param>
internal sealed class TerminalLines(
    ILineTerminal terminal,
    string prompt,
    Func<string, CancellationToken, Task<Completions>> complete) : ILines
{
    private const string ClearToEnd = "\u001b[K";
    private const string ClearAll = "\u001b[H\u001b[2J";
    private const int MaxChoices = 200;

    private IReadOnlyList<string> _history = [];

    /// <inheritdoc />
    public async Task<string?> ReadAsync(CancellationToken cancellation)
    {
        using var keys = terminal.TakeKeys();
        var state = LineState.Empty(_history);
        Draw(state);
        while (!cancellation.IsCancellationRequested && terminal.ReadKey() is { } key)
        {
            (var next, var effect) = LineEditor.Apply(state, EditorKey.From(key));
            switch (effect)
            {
                case LineEffect.Submit:
                    Draw(next with { Cursor = next.Text.Length });
                    terminal.Write("\r\n");
                    _history = LineEditor.Remember(_history, next.Text);
                    return next.Text;
                case LineEffect.End:
                    terminal.Write("\r\n");
                    return null;
                case LineEffect.Abandon:
                    terminal.Write("^C\r\n");
                    break;
                case LineEffect.ClearScreen:
                    terminal.Write(ClearAll);
                    break;
                case LineEffect.Complete:
                    (next, var choices) = LineEditor.Complete(next, await complete(next.Text[..next.Cursor], cancellation));
                    Offer(choices);
                    break;
            }

            state = next;
            Draw(state);
        }

        return null;
    }

    private void Draw(LineState state)
    {
        var view = LineView.Of(state.Text, state.Cursor, prompt.Length, terminal.Width);
        var back = view.CursorColumn == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"\u001b[{view.CursorColumn}C");
        terminal.Write("\r" + prompt + view.Text + ClearToEnd + "\r" + back);
    }

    private void Offer(IReadOnlyList<string> choices)
    {
        if (choices.Count == 0)
        {
            return;
        }

        var shown = choices.Take(MaxChoices).ToList();
        var column = shown.Max(choice => LineView.Columns(choice)) + 2;
        var perLine = Math.Max(1, (terminal.Width - 1) / column);
        var text = new StringBuilder("\r\n");
        foreach (var row in shown.Chunk(perLine))
        {
            text.AppendJoin("", row.Select(choice => choice + new string(' ', column - LineView.Columns(choice)))).Append("\r\n");
        }

        if (choices.Count > shown.Count)
        {
            text.Append(CultureInfo.InvariantCulture, $"and {choices.Count - shown.Count} more: type a few letters first\r\n");
        }

        terminal.Write(text.ToString());
    }
}
