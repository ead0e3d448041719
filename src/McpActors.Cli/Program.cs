using System.Text;

namespace McpActors.Cli;

/// <summary>The process <c>mcpactors</c>: binds <see cref="CommandLineApp"/> to the real console.</summary>
internal static class Program
{
    private const int BufferBytes = 16 * 1024;

    private static async Task<int> Main(string[] args)
    {
        using var interrupts = new Interrupts();
        // An unhandled second Ctrl-C ends the process at once, as people expect of a program that hangs.
        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = interrupts.Signal();

        // Buffered: a fleet of thousands is one write, not thousands. RunAsync flushes.
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        await using var output = new StreamWriter(Console.OpenStandardOutput(), encoding, BufferBytes);
        return await CommandLineApp.RunAsync(args, Console.In, output, Console.Error, CliEnvironment.OfThisProcess(interrupts));
    }
}
