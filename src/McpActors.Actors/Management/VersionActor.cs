using System.Text.Json.Nodes;
using Akka.Actor;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Management;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Management;

/// <summary>
/// Reads what runs: the package as configured, what the server says of itself, and all that it declares with its hash.
/// It only looks: nothing here changes a pin. It looks again when the server says that its lists changed, and every half hour.
/// </summary>
internal sealed class VersionActor : ReceiveActor, IWithTimers
{
    private const string Subject = "reading what it declares";

    private static readonly TimeSpan s_readEvery = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_readLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_diskLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly ServerDefinition? _definition;
    private readonly SecretScrubber _scrub;
    private readonly ServerContext _node;
    private ServerProtocol.VersionReport _report;
    private IReadOnlyList<JsonNode> _tools = [];
    private IOpenServer? _server;
    private int _epoch;
    private bool _reading;
    private TimeSpan _retry = s_firstRetry;

    public VersionActor(string name, ServerDefinition? definition, ServerContext node)
    {
        _name = name;
        _definition = definition;
        _scrub = definition is null ? SecretScrubber.None : SecretScrubber.For(definition);
        _node = node;
        _report = new ServerProtocol.VersionReport(name, null, null, null, null, null);

        Receive<ConnectionEvent.Connected>(OnConnected);
        Receive<ConnectionEvent.Failed>(_ => Forget());
        Receive<ConnectionEvent>(_ => { });
        Receive<PackageRead>(read => Know(_report with { Package = read.Package }));
        Receive<ReadSurface>(_ => OnRead());

        // A server that changes several lists at once says so several times: one reading, when it has settled.
        Receive<SurfaceChanged>(_ => Timers.StartSingleTimer(ReadSurface.Settled, ReadSurface.Instance, s_settle));
        Receive<SurfaceRead>(OnSurface);
        Receive<ServerProtocol.GetVersion>(_ => Sender.Tell(_report));
        Receive<ServerProtocol.GetTools>(query => Sender.Tell(new ServerProtocol.ToolsReport(
            _name, _report.Surface?.Sha256, [.. _tools.Skip(query.Offset).Take(query.Limit)], _tools.Count)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string name, ServerDefinition? definition, ServerContext node) =>
        Akka.Actor.Props.Create(() => new VersionActor(name, definition, node));

    protected override void PreStart()
    {
        if (_definition is not null)
        {
            ReadPackage(_definition);
        }
    }

    // The disk may hang (a network share, a pipe put in a file's place): whoever waits gives up, the node goes on.
    private void ReadPackage(ServerDefinition definition) => Task.Run(() => InstalledPackageReader.Read(definition))
        .WaitAsync(s_diskLimit, _node.Time)
        .PipeTo(Self, success: pin => new PackageRead(Report(pin, definition)), failure: _ => new PackageRead(null));

    private static ServerProtocol.PackageReport Report(PackagePin pin, ServerDefinition definition)
    {
        var (file, line) = pin switch
        {
            { PinnedIn: { } pinned } => (pinned, (int?)null),
            { Place: { ArgumentIndex: null, Line: var at } } => (
                PackagePinDetector.ScriptPath(definition.Process!.Command, definition.Process.Args), at),
            { PackageJsonPath: { } packageJson } => (packageJson, null),
            _ => ((definition.Process?.Source ?? definition.Source).File, (definition.Process?.Source ?? definition.Source).Line),
        };
        return new ServerProtocol.PackageReport(
            pin.EcosystemName, pin.Name, pin.Digest ?? pin.Version ?? pin.InstalledVersion, pin.Pinned, pin.Why, file, line);
    }

    private void OnConnected(ConnectionEvent.Connected connected)
    {
        _epoch++;
        _reading = false;
        _server = connected.Server;
        var session = connected.Server.Session;
        var self = Self;
        session.OnSurfaceChanged(() => self.Tell(SurfaceChanged.Instance));
        Know(_report with { ServerInfo = session.ServerInfo, ProtocolVersion = session.ProtocolVersion, Era = session.Era });

        // The server may have been exchanged while it was down.
        ReadPackage(_definition!);
        OnRead();
        Timers.StartPeriodicTimer(ReadSurface.Periodic, ReadSurface.Instance, s_readEvery);
    }

    private void Forget()
    {
        _epoch++;
        _server = null;
        _reading = false;
        Timers.CancelAll();
    }

    private void OnRead()
    {
        if (_server is not { } server)
        {
            return;
        }

        if (_reading)
        {
            Timers.StartSingleTimer(ReadSurface.Settled, ReadSurface.Instance, s_settle);
            return;
        }

        _reading = true;
        var epoch = _epoch;
        ReadAsync(server).PipeTo(Self, success: result => new SurfaceRead(epoch, result.Reading, result.Fault));
    }

    private async Task<(SurfaceReading? Reading, string? Fault)> ReadAsync(IOpenServer server)
    {
        using var limit = new CancellationTokenSource(s_readLimit, _node.Time);
        try
        {
            return (await server.Session.ReadSurfaceAsync(limit.Token).ConfigureAwait(false), null);
        }
        catch (Exception e)
        {
            var (_, words) = FailureClassifier.Classify(e, null, s_readLimit);
            return (null, _scrub.Scrub(words));
        }
    }

    private void OnSurface(SurfaceRead read)
    {
        if (read.Epoch != _epoch)
        {
            return;
        }

        _reading = false;
        if (read.Reading is not { } reading)
        {
            Context.Parent.Tell(new HealthInput.Examined(Subject, read.Fault));

            // A backend that is only warming up must not cost half an hour of "degraded".
            Timers.StartSingleTimer(ReadSurface.Settled, ReadSurface.Instance, _retry);
            _retry = _retry * 2 < s_readEvery ? _retry * 2 : s_readEvery;
            return;
        }

        _retry = s_firstRetry;

        var surface = ToolSurface.Of(new SurfaceDeclaration(
            reading.Tools, reading.Prompts, reading.Resources, reading.ResourceTemplates, reading.Instructions));
        _tools = [.. reading.Tools.Select(Scrubbed)];
        _node.Gauges.Surface(_name, reading.Tools.Count, reading.Prompts.Count, reading.Resources.Count);
        Know(_report with
        {
            Surface = new ServerProtocol.SurfaceReport(
                surface.Hash, reading.Tools.Count, reading.Prompts.Count, reading.Resources.Count, reading.ResourceTemplates.Count,
                reading.Complete && surface.IsComplete, _node.Time.GetUtcNow()),
        });
        Context.Parent.Tell(new HealthInput.Examined(Subject, reading.Complete
            ? null
            : "It declares without end, or too much: what it declares was cut at its bound."));
    }

    // What a server declares is hashed as it is, and shown without this node's secrets.
    private JsonNode Scrubbed(JsonNode item)
    {
        if (ServerSession.TextOf(item) is not { } text)
        {
            return new JsonObject { ["unreadable"] = "It holds half a character and cannot be shown." };
        }

        var scrubbed = _scrub.Scrub(text);
        return ReferenceEquals(text, scrubbed) ? item : JsonNode.Parse(scrubbed)!;
    }

    private void Know(ServerProtocol.VersionReport report)
    {
        _report = report;
        Context.Parent.Tell(new Known(report));
    }

    /// <summary>What is known now, for the server's actor.</summary>
    internal sealed record Known(ServerProtocol.VersionReport Report);

    private sealed record PackageRead(ServerProtocol.PackageReport? Package);

    private sealed record SurfaceRead(int Epoch, SurfaceReading? Reading, string? Fault);

    private sealed class ReadSurface
    {
        public const string Periodic = "periodic";
        public const string Settled = "settled";

        public static ReadSurface Instance { get; } = new();
    }

    private sealed class SurfaceChanged
    {
        public static SurfaceChanged Instance { get; } = new();
    }
}
