using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpActors.Actors.Tests.Support;

/// <summary>
/// A server at the other end of two pipes that answers line by line as the test tells it: an answer, an error, or
/// nothing. It speaks whichever era the client begins with.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Pipe _in = new();
    private readonly Pipe _out = new();
    private readonly ConcurrentDictionary<string, Func<JsonObject, Task<JsonObject?>>> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly SemaphoreSlim _write = new(1);
    private readonly Stream _output;
    private readonly Task _reading;

    public ScriptedServer(bool modern = false)
    {
        Modern = modern;
        _output = _out.Writer.AsStream();
        On("initialize", request => Result(new JsonObject
        {
            ["protocolVersion"] = request["params"]?["protocolVersion"]?.DeepClone(),
            ["capabilities"] = Capabilities.DeepClone(),
            ["serverInfo"] = Info(),
            ["instructions"] = Instructions,
        }));
        if (modern)
        {
            On("server/discover", _ => Result(new JsonObject
            {
                ["supportedVersions"] = new JsonArray("2026-07-28"),
                ["capabilities"] = Capabilities.DeepClone(),
                ["_meta"] = new JsonObject { ["io.modelcontextprotocol/serverInfo"] = Info() },
            }));
        }

        On("ping", _ => Result([]));
        On("tools/list", _ => Result(new JsonObject { ["tools"] = new JsonArray(Tool("echo")) }));
        On("prompts/list", _ => Result(new JsonObject { ["prompts"] = new JsonArray() }));
        On("resources/list", _ => Result(new JsonObject { ["resources"] = new JsonArray() }));
        On("resources/templates/list", _ => Error(-32601, "Method not found"));
        _reading = Task.Run(ReadAsync);
    }

    public bool Modern { get; }

    public JsonObject Capabilities { get; set; } = new() { ["tools"] = new JsonObject { ["listChanged"] = true } };

    public string? Instructions { get; set; }

    /// <summary>The methods of all requests so far, in their order.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    public int Count(string method) => _calls.Count(m => m == method);

    public static JsonObject Tool(string name) => new()
    {
        ["name"] = name,
        ["description"] = "Says it again.",
        ["inputSchema"] = new JsonObject { ["type"] = "object" },
    };

    public static JsonObject Result(JsonObject result) => new() { ["result"] = result };

    public static JsonObject Error(int code, string message) => new() { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    /// <summary>How a method is answered from now on; null for not at all.</summary>
    public void On(string method, Func<JsonObject, JsonObject?> answer) => _answers[method] = request => Task.FromResult(answer(request));

    /// <summary>As <see cref="On"/>, with an answer that takes as long as its task.</summary>
    public void OnSlowly(string method, Func<JsonObject, Task<JsonObject?>> answer) => _answers[method] = answer;

    public Task NotifyAsync(string method) => WriteAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method });

    /// <summary>The server's output ends, as when its process does.</summary>
    public async Task HangUpAsync() => await _out.Writer.CompleteAsync();

    /// <summary>The product's own client on the other end.</summary>
    /// <param name="time">The session's clock.</param>
    /// <param name="scrub">What hides secrets, or none.</param>
    /// <param name="stalled">True to leave everything after the handshake unread, as a full kernel buffer does.</param>
    public async Task<ServerSession> ConnectAsync(TimeProvider time, SecretScrubber? scrub = null, bool stalled = false)
    {
        var input = new StallingStream(_in.Writer.AsStream());
        var transport = new StreamClientTransport(input, _out.Reader.AsStream(), NullLoggerFactory.Instance);
        var client = await McpClient.CreateAsync(
            transport, new McpClientOptions { ProtocolVersion = Modern ? null : "2025-06-18", InitializationTimeout = TimeSpan.FromSeconds(20) }, NullLoggerFactory.Instance);
        input.Stalled = stalled;
        return new ServerSession(client, null, time, scrub ?? SecretScrubber.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _in.Writer.CompleteAsync();
        await _reading;
        await _out.Writer.CompleteAsync();
        _write.Dispose();
    }

    private static JsonObject Info() => new() { ["name"] = "scripted", ["version"] = "1.2.3" };

    private async Task ReadAsync()
    {
        using var reader = new StreamReader(_in.Reader.AsStream(), Encoding.UTF8);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (JsonNode.Parse(line) is JsonObject request && request["method"]?.GetValue<string>() is { } method && request["id"] is { } id)
            {
                _calls.Enqueue(method);
                _ = AnswerAsync(method, request, id.DeepClone());
            }
        }
    }

    private async Task AnswerAsync(string method, JsonObject request, JsonNode id)
    {
        var answer = _answers.TryGetValue(method, out var handler) ? await handler(request) : Error(-32601, "Method not found");
        if (answer is not null)
        {
            answer["jsonrpc"] = "2.0";
            answer["id"] = id;
            await WriteAsync(answer);
        }
    }

    private async Task WriteAsync(JsonObject message)
    {
        await _write.WaitAsync();
        try
        {
            await _output.WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"));
            await _output.FlushAsync();
        }
        catch (InvalidOperationException)
        {
            // The test has ended this server's output.
        }
        finally
        {
            _write.Release();
        }
    }

    /// <summary>Takes writes, or lets them hang whatever their token says.</summary>
    private sealed class StallingStream(Stream inner) : Stream
    {
        public bool Stalled { get; set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Stalled ? new ValueTask(new TaskCompletionSource().Task) : inner.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
