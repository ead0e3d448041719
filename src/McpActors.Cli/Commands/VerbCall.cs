using System.CommandLine;
using McpActors.Cli.Api;
using McpActors.Cli.Output;

namespace McpActors.Cli.Commands;

/// <summary>One call of a verb: what was typed, and what it may use.</summary>
internal sealed record VerbCall(ParseResult Typed, NodeClient Node, RecordWriter Out, TextWriter Error, bool Json, TimeProvider Clock)
{
    /// <summary>The time by which relative times are told.</summary>
    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>The value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => Typed.GetRequiredValue(argument);

    /// <summary>The value of an option, or its default.</summary>
    public T? Get<T>(Option<T> option) => Typed.GetValue(option);

    /// <summary>Asks the node and prints the answer: its own JSON for programs, otherwise as <paramref name="print"/> does.</summary>
    public async Task<int> ShowAsync(string path, Action<Answer> print, CancellationToken cancellation)
    {
        var answer = await Node.GetAsync(path, cancellation);
        if (Json)
        {
            Out.Json(answer.Json);
        }
        else
        {
            print(answer);
        }

        return ExitStatus.Done;
    }

    /// <summary>Tells the operator something beside the output.</summary>
    public void Notice(string text) => Error.WriteLine(TerminalText.Escape(text));
}
