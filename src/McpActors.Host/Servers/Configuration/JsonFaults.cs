namespace McpActors.Host.Servers.Configuration;

/// <summary>
/// Says in words why a text is not JSON. Made from the place alone, because the framework's own message quotes
/// the text, and the text may be a secret.
/// </summary>
internal static class JsonFaults
{
    private const string NoFix = "Mend the file there; until then it declares no server.";

    /// <summary>The fault at an offset where the reader stopped.</summary>
    public static JsonFault Explain(byte[] utf8, int offset, Places places, bool tooDeep, bool comments)
    {
        if (utf8.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return new JsonFault(1, 1, "The file is empty.", "Write at least {\"mcpServers\": {}}.");
        }

        var (line, column) = places.At(offset);
        var (message, fix) = tooDeep
            ? ($"The file is nested more than {PositionedJson.MaxDepth} levels deep.", NoFix)
            : Reason(utf8, offset, comments);
        return new JsonFault(line, column, message, fix);
    }

    private static (string Message, string Fix) Reason(byte[] utf8, int offset, bool comments)
    {
        if (offset >= utf8.Length)
        {
            return ("The file ends before its JSON does: a brace, a bracket or a quote is not closed.", NoFix);
        }

        return (char)utf8[offset] switch
        {
            '/' or '#' when !comments || utf8[offset] == (byte)'#' =>
                ("This is a comment, and the programs that read this file take it as strict JSON, without comments.",
                 "Remove the comment; until then neither they nor this node can read the file."),
            '}' or ']' when Before(utf8, offset) == ',' && !comments =>
                ("A comma stands before this closing bracket, and the programs that read this file take it as strict JSON, without trailing commas.",
                 "Remove the comma; until then neither they nor this node can read the file."),
            '}' or ']' => ("This closing bracket closes nothing, or a value is missing before it.", NoFix),
            '\'' => ("Single quotes are not JSON.", "Write double quotes."),
            '"' or '{' or '[' => ("Something is missing before this place: a comma, a colon, or the end of the value before.", NoFix),
            '\r' or '\n' => ("A text breaks off at the end of this line: its closing quote is missing.", "Close the quote, or write the line break as \\n."),
            '\t' => ("A text holds a tabulator.", "Write it as \\t."),
            '\\' => ("A backslash stands where none may stand.", "Within a text, write a backslash as \\\\."),
            ',' => ("A comma stands where a value is missing.", NoFix),
            _ => ("This is not JSON.", "Texts and keys stand in double quotes; a backslash in a text is written as \\\\. " + NoFix),
        };
    }

    private static char Before(byte[] utf8, int offset)
    {
        var last = utf8.AsSpan(0, offset).LastIndexOfAnyExcept(" \t\r\n"u8);
        return last < 0 ? '\0' : (char)utf8[last];
    }
}
