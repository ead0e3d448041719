using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace McpActors.FaultServer;

/// <summary>
/// Streamable HTTP on the loopback address: every POST is answered by one JSON text. One request a connection is
/// enough for a test, and a bare listener starts in milliseconds.
/// </summary>
internal sealed class HttpFront(Options options, McpSession session, int port)
{
    private const int LargestRequest = 16 * 1024 * 1024;

    /// <summary>Serves until a signal; the end of its input says nothing to an HTTP server.</summary>
    public async Task<int> RunAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start(512);
        await Console.Error.WriteLineAsync($"listening on http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/mcp").ConfigureAwait(false);
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync().ConfigureAwait(false);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var (verb, body) = await ReadAsync(stream).ConfigureAwait(false);
                if (options.HttpHang)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
                }

                await Task.Delay(options.DelayMilliseconds).ConfigureAwait(false);
                await RespondAsync(stream, verb, body).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or FormatException)
            {
                // The client went away or spoke no HTTP.
            }
        }
    }

    private async Task RespondAsync(NetworkStream stream, string verb, byte[] body)
    {
        if (options.HttpStatus is { } status)
        {
            await SendAsync(stream, status, "text/plain", "no\n"u8.ToArray(), status == 401 ? "WWW-Authenticate: Bearer realm=\"fault\"\r\n" : "").ConfigureAwait(false);
        }
        else if (options.HttpHtml)
        {
            await SendAsync(stream, 200, "text/html", "<!doctype html><title>Welcome</title><p>It works!"u8.ToArray()).ConfigureAwait(false);
        }
        else if (verb != "POST")
        {
            await SendAsync(stream, 405, "text/plain", "POST only\n"u8.ToArray()).ConfigureAwait(false);
        }
        else if (session.Handle(body) is { } answer)
        {
            await SendAsync(stream, 200, "application/json", options.GarbageOnly ? "no JSON"u8.ToArray() : answer).ConfigureAwait(false);
        }
        else if (options.MuteAfter is not null && body.AsSpan().IndexOf("\"id\""u8) >= 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        }
        else
        {
            await SendAsync(stream, 202, "text/plain", []).ConfigureAwait(false);
        }
    }

    private static async Task SendAsync(NetworkStream stream, int status, string type, byte[] body, string headers = "")
    {
        var head = $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n";
        byte[] response = [.. Encoding.ASCII.GetBytes(head), .. body];
        await stream.WriteAsync(response).ConfigureAwait(false);
    }

    private static async Task<(string Verb, byte[] Body)> ReadAsync(NetworkStream stream)
    {
        var received = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int headEnd;
        while ((headEnd = received.GetBuffer().AsSpan(0, (int)received.Length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await FillAsync().ConfigureAwait(false);
        }

        var head = Encoding.ASCII.GetString(received.GetBuffer(), 0, headEnd);
        var lines = head.Split("\r\n");
        var chunked = lines.Any(l => l.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase) && l.Contains("chunked", StringComparison.OrdinalIgnoreCase));
        var lengthLine = lines.FirstOrDefault(l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        var start = headEnd + 4;
        if (!chunked)
        {
            var length = lengthLine is null ? 0 : int.Parse(lengthLine[15..], CultureInfo.InvariantCulture);
            while (received.Length < start + length)
            {
                await FillAsync().ConfigureAwait(false);
            }

            return (lines[0].Split(' ')[0], received.ToArray()[start..(start + length)]);
        }

        while (received.GetBuffer().AsSpan(start, (int)received.Length - start).IndexOf("0\r\n\r\n"u8) < 0)
        {
            await FillAsync().ConfigureAwait(false);
        }

        return (lines[0].Split(' ')[0], Unchunk(received.ToArray().AsSpan(start)));

        async Task FillAsync()
        {
            var read = await stream.ReadAsync(buffer).ConfigureAwait(false);
            if (read == 0 || received.Length + read > LargestRequest)
            {
                throw new IOException("The request ended early or is too large.");
            }

            received.Write(buffer, 0, read);
        }
    }

    private static byte[] Unchunk(ReadOnlySpan<byte> data)
    {
        var body = new MemoryStream();
        while (true)
        {
            var end = data.IndexOf("\r\n"u8);
            var size = int.Parse(Encoding.ASCII.GetString(data[..end]).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return body.ToArray();
            }

            body.Write(data.Slice(end + 2, size));
            data = data[(end + 2 + size + 2)..];
        }
    }
}
