using System.Text;
using Microsoft.Win32.SafeHandles;

namespace McpActors.Cli;

/// <summary>The process <c>mcpactors</c>: binds <see cref="CommandLineApp"/> to the real console.</summary>
internal static class Program
{
    private const int StandardOutput = 1;
    private const int BufferBytes = 16 * 1024;

    private static async Task<int> Main(string[] args)
    {
        using var interrupts = new Interrupts();
        // An unhandled second Ctrl-C ends the process at once, as people expect of a program that hangs.
        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = interrupts.Signal();

        // Buffered: a fleet of thousands is one write, not thousands. RunAsync flushes, and copes where that fails;
        // disposing would only try again.
        var output = new StreamWriter(OpenOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferBytes);
        return await CommandLineApp.RunAsync(args, Console.In, output, Console.Error, CliEnvironment.OfThisProcess(interrupts));
    }

    /// <summary>
    /// Standard output. The console's own stream keeps quiet where the reader of a pipe is gone: "servers watch | head -1" would
    /// never end. A stream on the same descriptor says so; but on a regular file it would keep a position of its own and
    /// overwrite what others write there.
    /// </summary>
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        var descriptor = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return descriptor.CanSeek ? Console.OpenStandardOutput() : descriptor;
    }
}
