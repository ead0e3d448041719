using System.Globalization;
using System.Text;

namespace McpActors.Cli.Output;

/// <summary>One field of a record.</summary>
/// <param name="Text">What it says; null or empty is shown as <c>-</c>.</param>
/// <param name="IsState">True for a health state, which gets its colour on a terminal.</param>
internal readonly record struct Cell(string? Text, bool IsState = false)
{
    public static implicit operator Cell(string? text) => new(text);

    public static implicit operator Cell(long? number) => new(number?.ToString(CultureInfo.InvariantCulture));

    /// <summary>A health state.</summary>
    public static Cell State(string? state) => new(state, IsState: true);
}

/// <summary>
/// Writes what people and line tools read: one record a line, <c> | </c> between the fields. Foreign text is escaped here,
/// so that no verb can forget it; a bar inside any field but the last is written <c>\|</c>, so that splitting is safe.
/// </summary>
internal sealed class RecordWriter(TextWriter writer, bool colours)
{
    private const string Separator = " | ";

    /// <summary>One record.</summary>
    public void Record(params ReadOnlySpan<Cell> fields)
    {
        var line = new StringBuilder();
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0)
            {
                line.Append(Separator);
            }

            line.Append(Shown(fields[i], isLast: i == fields.Length - 1));
        }

        writer.WriteLine(line.ToString());
    }

    /// <summary>A line <c>field | value</c>.</summary>
    public void Field(string name, Cell value) => Record(name, value);

    /// <summary>The line that ends a list.</summary>
    public void Count(int count) => writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Count: {count}"));

    /// <summary>A line outside of the records: a hint, a summary.</summary>
    public void Note(string text) => writer.WriteLine(TerminalText.Escape(text));

    /// <summary>Valid JSON as the node wrote it.</summary>
    public void Json(string json) => writer.WriteLine(TerminalText.EscapeJson(json.TrimEnd()));

    /// <summary>Hands everything over to whoever reads; for verbs that go on.</summary>
    public Task FlushAsync() => writer.FlushAsync();

    private string Shown(Cell field, bool isLast)
    {
        if (string.IsNullOrEmpty(field.Text))
        {
            return "-";
        }

        var text = TerminalText.Escape(field.Text);
        if (!isLast)
        {
            text = text.Replace("|", @"\|", StringComparison.Ordinal);
        }

        return field.IsState && colours ? StateColours.Paint(text) : text;
    }
}
