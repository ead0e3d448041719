using System.Reflection;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Akka.Actor;
using FluentAssertions;
using McpActors.Actors.Serialization;
using McpActors.Actors.Servers;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Actors.Tests.Serialization;

/// <summary>
/// The bytes of the journal and of the wire, kept as files. A file is never changed: a record that has to change gets a
/// new manifest. Set MCPACTORS_WRITE_GOLDEN=1 to write the files of new manifests.
/// </summary>
public sealed class WireSpec : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("wire");
    private readonly McpActorsSerializer _serializer;

    public WireSpec() => _serializer = new McpActorsSerializer((ExtendedActorSystem)_system);

    public static IEnumerable<object[]> EveryManifest() => Manifests.Types.Keys.Order(StringComparer.Ordinal).Select(m => new object[] { m });

    public Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("MCPACTORS_WRITE_GOLDEN") == "1")
        {
            foreach (var (manifest, example) in WireExamples.All.Where(e => !File.Exists(PathOf(e.Key))))
            {
                File.WriteAllBytes(PathOf(manifest), _serializer.ToBinary(example));
            }
        }

        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _system.Terminate();

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void A_record_is_written_as_exactly_the_golden_bytes(string manifest)
    {
        var example = WireExamples.All[manifest];

        _serializer.Manifest(example).Should().Be(manifest);
        Encoding.UTF8.GetString(_serializer.ToBinary(example)).Should().Be(Encoding.UTF8.GetString(Golden(manifest)));
    }

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void Golden_bytes_are_read_back_as_the_record_that_wrote_them(string manifest)
    {
        var example = WireExamples.All[manifest];

        var read = _serializer.FromBinary(Golden(manifest), manifest);

        read.Should().BeOfType(example.GetType());
        if (example.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public).Length > 0)
        {
            read.Should().BeEquivalentTo(example, options => options
                .RespectingRuntimeTypes()
                .ComparingByMembers(example.GetType())
                .Using<JsonNode>(c => JsonNode.DeepEquals(c.Subject, c.Expectation).Should().BeTrue()).WhenTypeIs<JsonNode>());
        }
    }

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void An_example_leaves_no_field_empty(string manifest)
    {
        var missing = new List<string>();
        Look(WireExamples.All[manifest], manifest);

        missing.Should().BeEmpty("a field that is null, zero or empty in the example is not in the golden bytes");

        void Look(object value, string path)
        {
            foreach (var property in value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.GetIndexParameters().Length == 0))
            {
                var at = path + "." + property.Name;
                switch (property.GetValue(value))
                {
                    case null or "" or 0 or 0L or 0.0:
                        missing.Add(at);
                        break;
                    case string or JsonNode or ValueType:
                        break;
                    case System.Collections.IEnumerable many:
                        var items = many.Cast<object>().ToList();
                        if (items.Count == 0)
                        {
                            missing.Add(at);
                        }

                        items.Where(i => i is not (string or JsonNode)).ToList().ForEach(i => Look(i, at));
                        break;
                    case { } nested:
                        Look(nested, at);
                        break;
                }
            }
        }
    }

    [Fact]
    public void Every_manifest_has_a_file_and_every_file_a_manifest() =>
        Directory.GetFiles(Folder).Select(Path.GetFileNameWithoutExtension).Should().BeEquivalentTo(Manifests.Types.Keys);

    [Fact]
    public void Every_manifest_has_an_example() => WireExamples.All.Keys.Should().BeEquivalentTo(Manifests.Types.Keys);

    [Fact]
    public void A_manifest_names_its_feature_its_record_and_its_version()
    {
        Manifests.Types.Keys.Should().OnlyContain(m => System.Text.RegularExpressions.Regex.IsMatch(m, "^[a-z]+\\.[a-z]+(-[a-z]+)*-v[1-9][0-9]*$"));
        Manifests.Types.Values.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Every_message_and_every_event_is_registered()
    {
        var protocols = new[] { typeof(FleetProtocol), typeof(ServerProtocol) };
        var nested = protocols.SelectMany(p => p.GetNestedTypes()).Where(t => t is { IsClass: true, IsAbstract: false }).ToList();

        // A record that only ever travels inside another one needs no manifest of its own.
        var parts = nested.SelectMany(t => t.GetProperties(BindingFlags.Instance | BindingFlags.Public))
            .SelectMany(p => p.PropertyType.IsGenericType ? p.PropertyType.GetGenericArguments() : [p.PropertyType])
            .Where(t => t != typeof(ServerProtocol.ServerStatus))
            .ToHashSet();
        var events = typeof(FleetEvent).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(FleetEvent))).ToList();

        events.Should().HaveCountGreaterThanOrEqualTo(2);
        Manifests.Types.Values.Should().BeEquivalentTo(nested.Where(t => t.IsAssignableTo(typeof(ServerProtocol.IServerMessage)) || !parts.Contains(t)).Concat(events));
    }

    [Fact]
    public void An_unknown_manifest_throws() =>
        FluentActions.Invoking(() => _serializer.FromBinary("{}"u8.ToArray(), "fleet.server-declared-v9"))
            .Should().Throw<SerializationException>().WithMessage("*'fleet.server-declared-v9' is unknown*");

    [Fact]
    public void A_type_that_is_not_registered_throws()
    {
        FluentActions.Invoking(() => _serializer.ToBinary(new Uri("http://a"))).Should().Throw<SerializationException>().WithMessage("*has no manifest*");
        FluentActions.Invoking(() => _serializer.Manifest("text")).Should().Throw<SerializationException>().WithMessage("*has no manifest*");

        // A part of a message is none itself.
        FluentActions.Invoking(() => _serializer.ToBinary(new ServerProtocol.LogLine(default, "stderr", "x"))).Should().Throw<SerializationException>();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"hunter2-secret\"")]
    [InlineData("hunter2-secret")]
    [InlineData("{\"name\":thunter2-secret}")]
    [InlineData("{\"name\":\"alpha\",\"hunter2-secret\":1,\"revision\":\"hunter2-secret\"}")]
    [InlineData("{\"revision\":1,\"node\":\"n\",\"at\":\"hunter2-secret\",\"server\":{}}")]
    [InlineData("{\"server\":{\"transport\":\"hunter2-secret\"}}")]
    [InlineData("{\"server\":{\"transport\":7}}")]
    [InlineData("{}")]
    public void Damaged_bytes_throw_without_being_quoted(string text)
    {
        var thrown = FluentActions.Invoking(() => _serializer.FromBinary(Encoding.UTF8.GetBytes(text), "fleet.server-declared-v1"))
            .Should().Throw<SerializationException>().WithMessage("*'fleet.server-declared-v1'*").Which;

        thrown.ToString().Should().NotContain("hunter2");
    }

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void Any_single_damaged_byte_gives_a_record_or_a_serialization_exception(string manifest)
    {
        var golden = Golden(manifest);
        for (var i = 0; i < golden.Length; i++)
        {
            foreach (var value in (byte[])[0x00, 0xff, (byte)'"', (byte)'}', (byte)(golden[i] ^ 0x01)])
            {
                var damaged = golden.ToArray();
                damaged[i] = value;
                try
                {
                    // Nodes look at their members late: a record counts as read when it can be written again.
                    var read = _serializer.FromBinary(damaged, manifest);
                    read.Should().BeOfType(Manifests.Types[manifest]);
                }
                catch (SerializationException)
                {
                    // The expected refusal; anything else fails the test.
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void A_record_of_a_newer_version_is_read_without_its_new_field(string manifest)
    {
        var newer = JsonNode.Parse(Golden(manifest))!.AsObject();
        newer["fieldOfTheFuture"] = new JsonObject { ["deep"] = new JsonArray(1, "two") };

        var read = _serializer.FromBinary(Encoding.UTF8.GetBytes(newer.ToJsonString()), manifest);

        _serializer.ToBinary(read).Should().Equal(Golden(manifest));
    }

    [Theory]
    [MemberData(nameof(EveryManifest))]
    public void Optional_fields_may_be_missing_and_others_may_not(string manifest)
    {
        var type = Manifests.Types[manifest];
        var nullability = new NullabilityInfoContext();
        var parameters = type.GetConstructors().SelectMany(c => c.GetParameters()).DistinctBy(p => p.Name).ToList();
        foreach (var parameter in parameters)
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
            var older = JsonNode.Parse(Golden(manifest))!.AsObject();
            older.Remove(name).Should().BeTrue("{0} is in the golden bytes", name);
            var read = () => _serializer.FromBinary(Encoding.UTF8.GetBytes(older.ToJsonString()), manifest);

            if (nullability.Create(parameter).WriteState == NullabilityState.Nullable)
            {
                type.GetProperty(parameter.Name!)!.GetValue(read()).Should().BeNull();
            }
            else
            {
                read.Should().Throw<SerializationException>("a {0} without {1} is damaged", manifest, name);
            }
        }
    }

    private static byte[] Golden(string manifest) => File.ReadAllBytes(PathOf(manifest));

    private static string PathOf(string manifest) => Path.Combine(Folder, manifest + ".json");

    private static string Folder { get; } = FindFolder();

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "McpActors.sln")))
            {
                return Path.Combine(folder.FullName, "tests", "McpActors.Actors.Tests", "Serialization", "Golden");
            }
        }

        throw new DirectoryNotFoundException("The golden files are beside the test's source; no solution was found above the test.");
    }
}
