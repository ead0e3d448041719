using System.Buffers;
using System.Text;
using System.Text.Json;

namespace McpActors.Cli.Api;

/// <summary>What the node said: its own text, for programs, and the same parsed, for people.</summary>
internal sealed class Answer
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Schemas of tools nest deeply; the default of 64 is too little, without a bound a hostile one would exhaust the stack.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256 };

    private Answer(string json, JsonElement root)
    {
        Json = json;
        Root = root;
    }

    /// <summary>The JSON as it came.</summary>
    public string Json { get; }

    /// <summary>The same, parsed; always an object.</summary>
    public JsonElement Root { get; }

    /// <summary>The answer in a body, or null where that is no JSON object in UTF-8.</summary>
    public static Answer? TryParse(byte[] body)
    {
        try
        {
            return TryParse(StrictUtf8.GetString(body));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The answer in a text, or null where that is no JSON object.</summary>
    public static Answer? TryParse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new Answer(json, document.RootElement.Clone()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The pages of a list as one object; the items stay as the node wrote them.</summary>
    public static Answer Merge(IReadOnlyList<Answer> pages)
    {
        var items = pages.SelectMany(page => page.Root.Items("items")).ToList();
        var merged = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(merged, new JsonWriterOptions { MaxDepth = Options.MaxDepth }))
        {
            writer.WriteStartObject();
            foreach (var field in pages[0].Root.EnumerateObject())
            {
                writer.WritePropertyName(field.Name);
                switch (field.Name)
                {
                    case "items":
                        writer.WriteStartArray();
                        items.ForEach(item => writer.WriteRawValue(item.GetRawText()));
                        writer.WriteEndArray();
                        break;
                    case "nextCursor":
                        writer.WriteNullValue();
                        break;
                    case "count":
                        writer.WriteNumberValue(items.Count);
                        break;
                    default:
                        writer.WriteRawValue(field.Value.GetRawText());
                        break;
                }
            }

            writer.WriteEndObject();
        }

        return TryParse(Encoding.UTF8.GetString(merged.WrittenSpan))
            ?? throw new InvalidOperationException("Pages of valid JSON did not merge to valid JSON.");
    }
}
