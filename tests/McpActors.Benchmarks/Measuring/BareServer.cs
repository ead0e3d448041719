using System.Diagnostics;
using System.Text.Json;

namespace McpActors.Benchmarks.Measuring;

/// <summary>A stdio server that nobody supervises: the least that a start, a handshake and a ping can cost.</summary>
internal sealed class BareServer : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private const string Initialize =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}""";

    private readonly Process _process;
    private int _id;

    private BareServer(Process process) => _process = process;

    /// <summary>Starts it and shakes hands.</summary>
    public static async Task<BareServer> StartAsync(string command)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var server = new BareServer(Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start."));
        server._process.ErrorDataReceived += (_, _) => { };
        server._process.BeginErrorReadLine();
        await server.CallAsync(Initialize, 0).ConfigureAwait(false);
        await server._process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""").ConfigureAwait(false);
        await server._process.StandardInput.FlushAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>Asks for a sign of life and waits for it.</summary>
    public Task PingAsync()
    {
        var id = ++_id;
        return CallAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"ping"}""", id);
    }

    /// <summary>Ends it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        Signals.Send(_process.Id, Signals.Kill);
        await _process.WaitForExitAsync().WaitAsync(s_limit).ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task CallAsync(string message, int id)
    {
        await _process.StandardInput.WriteLineAsync(message).ConfigureAwait(false);
        await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(s_limit).ConfigureAwait(false) is { } line)
        {
            using var answer = JsonDocument.Parse(line);
            if (answer.RootElement.TryGetProperty("id", out var of) && of.ValueKind == JsonValueKind.Number && of.GetInt32() == id)
            {
                return;
            }
        }

        throw new InvalidOperationException("The bare server ended without an answer.");
    }
}
