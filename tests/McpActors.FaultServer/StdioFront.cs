using System.Text;

namespace McpActors.FaultServer;

/// <summary>Lines over standard input and output, with the faults of output.</summary>
internal sealed class StdioFront(Options options, McpSession session)
{
    private readonly Stream _output = Console.OpenStandardOutput();

    /// <summary>Serves until the end of input.</summary>
    public async Task<int> RunAsync()
    {
        if (options.Banner)
        {
            await _output.WriteAsync("=== Fault server 1.0 ===\n[INFO] loading\n\u001b[32mready\u001b[0m\n"u8.ToArray()).ConfigureAwait(false);
        }

        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        while (await input.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            var message = Encoding.UTF8.GetBytes(line);
            var answer = session.Handle(message);
            if (answer is null)
            {
                continue;
            }

            await Task.Delay(options.DelayMilliseconds).ConfigureAwait(false);
            if (options.EndlessLine && McpSession.IsCallOf(message, options.OnPing ? "ping" : "tools/call"))
            {
                await WriteForEverAsync().ConfigureAwait(false);
            }

            await WriteAsync(options.GarbageOnly ? "this is no JSON at all"u8.ToArray() : answer).ConfigureAwait(false);
        }

        if (options.IgnoreEof)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        }

        return 0;
    }

    private async Task WriteForEverAsync()
    {
        var block = Encoding.UTF8.GetBytes(new string('x', 64 * 1024));
        await _output.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\""u8.ToArray()).ConfigureAwait(false);
        while (true)
        {
            await _output.WriteAsync(block).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(byte[] answer)
    {
        byte[] line = [.. answer, (byte)'\n'];
        if (!options.SlowDrip)
        {
            await _output.WriteAsync(line).ConfigureAwait(false);
            return;
        }

        for (var i = 0; i < line.Length; i++)
        {
            await _output.WriteAsync(line.AsMemory(i, 1)).ConfigureAwait(false);
            await Task.Delay(10).ConfigureAwait(false);
        }
    }
}
