using McpActors.Cli.Commands;

namespace McpActors.Cli.Prompt;

/// <summary>The prompt of one palette: every line is a verb of it.</summary>
/// <param name="palette">The palette.</param>
/// <param name="lines">Where lines come from.</param>
/// <param name="run">Runs the words of a command line and gives its exit status.</param>
/// <param name="output">Where help goes.</param>
internal sealed class PromptSession(Palette palette, ILines lines, Func<IReadOnlyList<string>, Task<int>> run, TextWriter output)
{
    /// <summary>
    /// Runs lines until <c>exit</c> or the end of input. On a terminal the status is <see cref="ExitStatus.Done"/>: the person
    /// saw what failed. For a script it is that of the first line that failed; the lines after it run all the same.
    /// </summary>
    public async Task<int> RunAsync(bool greet, CancellationToken cancellation)
    {
        if (greet)
        {
            await output.WriteLineAsync($"Verbs: {string.Join(", ", palette.Verbs.Select(verb => verb.Name))}. Tab completes, help explains, exit leaves.");
        }

        var firstFailure = ExitStatus.Done;
        await output.FlushAsync(cancellation);
        while (await lines.ReadAsync(cancellation) is { } line)
        {
            var words = Words.Split(line).Select(word => word.Value).ToList();
            if (words.Count > 0 && words[0] == palette.Name)
            {
                // Fingers are used to the whole command.
                words.RemoveAt(0);
            }

            if (words.Count == 0 || words[0].StartsWith('#'))
            {
                continue;
            }

            if (words is ["exit"] or ["quit"])
            {
                break;
            }

            IReadOnlyList<string> command = words[0] == "help"
                ? [palette.Name, .. words.Skip(1), "--help"]
                : [palette.Name, .. words];
            var status = await run(command);
            firstFailure = firstFailure == ExitStatus.Done ? status : firstFailure;
            // What follows is waited for at the keyboard, or read by another program as it comes.
            await output.FlushAsync(cancellation);
        }

        return greet ? ExitStatus.Done : firstFailure;
    }
}
