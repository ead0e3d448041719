using System.Buffers;
using System.Text;
using System.Text.Json;

namespace McpActors.FaultServer;

/// <summary>Answers JSON-RPC messages as a minimal MCP server, with the faults of its protocol.</summary>
internal sealed class McpSession(Options options)
{
    private const string ModernVersion = "2026-07-28";
    private static readonly string[] s_legacyVersions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
    private readonly Lock _gate = new();
    private int _answered;
    private bool _discovered;

    /// <summary>The answer as one JSON text, or null when there is none (a notification, or a fault).</summary>
    public byte[]? Handle(ReadOnlyMemory<byte> message)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(message);
        }
        catch (JsonException)
        {
            return Write(null, writer => Error(writer, -32700, "Parse error"));
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            if (!root.TryGetProperty("id", out var id))
            {
                return null;
            }

            lock (_gate)
            {
                if (options.MuteAfter is { } limit && _answered >= limit)
                {
                    return null;
                }

                _answered++;
                if (options.EffectsFile is { } file)
                {
                    File.AppendAllText(file, $"{method.GetString()} {id.GetRawText()}\n");
                }
            }

            root.TryGetProperty("params", out var parameters);
            return Answer(id, method.GetString()!, parameters);
        }
    }

    private byte[]? Answer(JsonElement id, string method, JsonElement parameters)
    {
        var legacy = options.Era is "legacy" or "both";
        var modern = options.Era is "2026" or "both";
        switch (method)
        {
            case "server/discover" when modern:
                _discovered = true;
                return Write(id, Discover);
            case "initialize" when _discovered && options.RefuseInitializeAfterDiscover:
                return Write(id, writer => UnsupportedVersion(writer, parameters));
            case "initialize" when legacy:
                return Write(id, writer => Initialize(writer, parameters));
            case "initialize":
                return Write(id, writer => UnsupportedVersion(writer, parameters));
            case "ping" when options.ErrorOnPing:
                return Write(id, writer => Error(writer, -32603, "ping is broken today"));
            case "ping" when legacy:
                return Write(id, writer => Result(writer, w =>
                {
                    if (options.OnPing && options.HugeAnswerBytes is { } size)
                    {
                        w.WriteString("padding", new string('x', size));
                    }
                }));
            case "tools/list":
                return Write(id, writer => ListTools(writer, parameters));
            case "tools/call":
                return Write(id, writer => CallTool(writer, parameters));
            default:
                if (method == "server/discover" && options.RefuseInitializeAfterDiscover)
                {
                    _discovered = true;
                }

                return options.SilentOnUnknown ? null : Write(id, writer => Error(writer, -32601, $"Method not found: {method}"));
        }
    }

    private void Discover(Utf8JsonWriter writer) => Result(writer, w =>
    {
        w.WriteStartArray("supportedVersions");
        w.WriteStringValue(ModernVersion);
        w.WriteEndArray();
        Capabilities(w);
        w.WriteStartObject("_meta");
        w.WriteStartObject("io.modelcontextprotocol/serverInfo");
        ServerInfo(w);
        w.WriteEndObject();
        w.WriteEndObject();
    });

    private void Initialize(Utf8JsonWriter writer, JsonElement parameters) => Result(writer, w =>
    {
        var requested = parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("protocolVersion", out var v) ? v.GetString() : null;
        w.WriteString("protocolVersion", s_legacyVersions.Contains(requested) ? requested : s_legacyVersions[^1]);
        Capabilities(w);
        w.WriteStartObject("serverInfo");
        ServerInfo(w);
        w.WriteEndObject();
    });

    private void ListTools(Utf8JsonWriter writer, JsonElement parameters) => Result(writer, w =>
    {
        const int PageSize = 100;
        var cursor = parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("cursor", out var c) ? c.GetString() : null;
        var first = int.TryParse(cursor, out var from) ? from : 0;
        var count = options.EndlessCursor ? Math.Min(PageSize, Math.Max(1, options.Tools)) : Math.Clamp(options.Tools - first, 0, PageSize);
        w.WriteStartArray("tools");
        for (var i = first; i < first + count; i++)
        {
            w.WriteStartObject();
            w.WriteString("name", i == 0 ? "echo" : $"tool-{i}");
            w.WriteString("description", "Answers what it was given.");
            w.WriteStartObject("inputSchema");
            w.WriteString("type", "object");
            w.WriteStartObject("properties");
            w.WriteStartObject("text");
            w.WriteString("type", "string");
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteEndObject();
        }

        w.WriteEndArray();
        if (options.EndlessCursor || first + count < options.Tools)
        {
            w.WriteString("nextCursor", $"{first + count}");
        }
    });

    private void CallTool(Utf8JsonWriter writer, JsonElement parameters)
    {
        var name = parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("name", out var n) ? n.GetString() : null;
        if (name != "echo")
        {
            Error(writer, -32602, $"Unknown tool: {name}");
            return;
        }

        var text = parameters.TryGetProperty("arguments", out var a) && a.ValueKind == JsonValueKind.Object && a.TryGetProperty("text", out var t) ? t.ToString() : "";
        Result(writer, w =>
        {
            w.WriteStartArray("content");
            w.WriteStartObject();
            w.WriteString("type", "text");
            w.WriteString("text", options.HugeAnswerBytes is { } size ? new string('x', size) : text);
            w.WriteEndObject();
            w.WriteEndArray();
        });
    }

    private void Result(Utf8JsonWriter writer, Action<Utf8JsonWriter> content)
    {
        writer.WriteStartObject("result");
        content(writer);
        if (options.Era == "2026")
        {
            writer.WriteString("resultType", "complete");
            writer.WriteNumber("ttlMs", 0);
            writer.WriteString("cacheScope", "private");
        }

        writer.WriteEndObject();
    }

    private static void Capabilities(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("capabilities");
        writer.WriteStartObject("tools");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void ServerInfo(Utf8JsonWriter writer)
    {
        writer.WriteString("name", "fault-server");
        writer.WriteString("version", "1.0.0");
    }

    private static void UnsupportedVersion(Utf8JsonWriter writer, JsonElement parameters)
    {
        var requested = parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("protocolVersion", out var v) ? v.GetString() : null;
        writer.WriteStartObject("error");
        writer.WriteNumber("code", -32022);
        writer.WriteString("message", "Unsupported protocol version");
        writer.WriteStartObject("data");
        writer.WriteStartArray("supported");
        writer.WriteStringValue(ModernVersion);
        writer.WriteEndArray();
        writer.WriteString("requested", requested);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Error(Utf8JsonWriter writer, int code, string message)
    {
        writer.WriteStartObject("error");
        writer.WriteNumber("code", code);
        writer.WriteString("message", message);
        writer.WriteEndObject();
    }

    private static byte[] Write(JsonElement? id, Action<Utf8JsonWriter> body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc", "2.0");
            writer.WritePropertyName("id");
            if (id is { } value)
            {
                value.WriteTo(writer);
            }
            else
            {
                writer.WriteNullValue();
            }

            body(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>True for a request of that method.</summary>
    public static bool IsCallOf(ReadOnlySpan<byte> message, string method) => message.IndexOf(Encoding.UTF8.GetBytes($"\"{method}\"")) >= 0;
}
