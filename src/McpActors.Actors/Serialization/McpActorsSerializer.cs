using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;

namespace McpActors.Actors.Serialization;

/// <summary>
/// JSON with versioned manifests and an allow-list. It is bound to exactly the types of <see cref="Manifests"/>; with
/// Akka's strict serialization any other type throws instead of reaching the journal or the wire.
/// </summary>
public sealed class McpActorsSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The identifier in every stored record; never changed.</summary>
    public const int Id = 7710;

    /// <summary>
    /// How records are written: camel case, enumerations as snake-case words, nulls left out. What a record does not
    /// declare nullable must be there when it is read; unknown members are ignored.
    /// </summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 128,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequireWhatIsNotNullable } },
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The type is not registered.</exception>
    public override string Manifest(object o) => Manifests.Names.TryGetValue(o.GetType(), out var manifest)
        ? manifest
        : throw new SerializationException(
            $"{o.GetType()} has no manifest: it may reach neither the journal nor the wire. Register it in Manifests.");

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The type is not registered.</exception>
    public override byte[] ToBinary(object obj)
    {
        _ = Manifest(obj);
        return JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), Json);
    }

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The manifest is unknown, or the bytes are not its JSON.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!Manifests.Types.TryGetValue(manifest, out var type))
        {
            throw new SerializationException($"The manifest '{manifest}' is unknown. It was written by a newer version, or by something else.");
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, type, Json)
                ?? throw new SerializationException($"'{manifest}' holds no value.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException or FormatException)
        {
            // The reader's own message quotes the text, and with it whatever the text holds: only the place is told.
            var place = e is JsonException { LineNumber: { } line, BytePositionInLine: { } at } ? $" at line {line + 1}, byte {at + 1}" : "";
            throw new SerializationException($"'{manifest}' is not what it says{place}: {bytes.Length} bytes that are damaged or of another record.");
        }
    }

    // Without this a record of the journal that lost a member would come back with a null where the code expects none.
    private static void RequireWhatIsNotNullable(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            property.IsRequired |= property.AssociatedParameter is { IsNullable: false, HasDefaultValue: false };
        }
    }
}
