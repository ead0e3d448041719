using Akka.Actor;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Monitoring;

/// <summary>
/// Probes one server and keeps its health: the shell round <see cref="HealthDecider"/>. Between probes it looks at
/// /proc, which disturbs nobody. A probe's result carries the epoch of the connection that it asked.
/// </summary>
internal sealed class HealthActor : ReceiveActor, IWithTimers
{
    /// <summary>Time between two looks at /proc: a stopped process is certain after two of them.</summary>
    public static readonly TimeSpan SignsEvery = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_suspiciousLimit = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan s_selfCheckEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_selfCheckLimit = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly ServerSettings _settings;
    private readonly ServerDefinition? _definition;
    private readonly ServerContext _node;
    private Health _health;
    private DateTimeOffset? _nextProbe;
    private IOpenServer? _server;
    private int _epoch;
    private bool _probing;
    private bool _probeAgain;

    public HealthActor(string name, ServerSettings settings, ServerDefinition? definition, ServerContext node)
    {
        _name = name;
        _settings = settings;
        _definition = definition;
        _node = node;
        _health = Health.Initial(node.Time.GetUtcNow());

        Receive<HealthInput>(Decide);
        Receive<ConnectionEvent.Launching>(e => Decide(new HealthInput.Launching(e.Attempt)));
        Receive<ConnectionEvent.Launched>(_ => { });
        Receive<ConnectionEvent.Connected>(OnConnected);
        Receive<ConnectionEvent.Failed>(OnFailed);
        Receive<ProbeNow>(probe => OnProbe(probe.Suspicious));
        Receive<Probed>(OnProbed);
        Receive<LookAtSigns>(_ => OnSigns());
        Receive<SelfCheck>(_ => OnSelfCheck());
        Receive<SelfChecked>(done =>
        {
            if (done.Epoch == _epoch)
            {
                Decide(new HealthInput.Examined("its self-check", done.Fault));
            }
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string name, ServerSettings settings, ServerDefinition? definition, ServerContext node) =>
        Akka.Actor.Props.Create(() => new HealthActor(name, settings, definition, node));

    private void OnConnected(ConnectionEvent.Connected connected)
    {
        _epoch++;
        _server = connected.Server;
        _probing = _probeAgain = false;
        Decide(new HealthInput.Connected(connected.Server.Process is not null));
        if (connected.Server.Process is not null)
        {
            // The first look comes at a random moment of the period, so that fifty servers do not look at once.
            Timers.StartPeriodicTimer(LookAtSigns.Instance, LookAtSigns.Instance, SignsEvery * Random.Shared.NextDouble(), SignsEvery);
        }

        if (_settings.SelfCheck is not null && _definition?.Process is not null)
        {
            Timers.StartPeriodicTimer(SelfCheck.Instance, SelfCheck.Instance, TimeSpan.FromSeconds(1), s_selfCheckEvery);
        }
    }

    private void OnFailed(ConnectionEvent.Failed failed)
    {
        Disconnect();
        Decide(new HealthInput.Failed(failed.Kind, failed.Detail, failed.Next, failed.Reconnect));
    }

    private void Disconnect()
    {
        _epoch++;
        _server = null;
        _probing = _probeAgain = false;
        Timers.Cancel(LookAtSigns.Instance);
        Timers.Cancel(SelfCheck.Instance);
    }

    private void OnProbe(bool suspicious)
    {
        if (_server is not { } server)
        {
            return;
        }

        if (_probing)
        {
            // A sign appeared while a probe waits: ask again as soon as that one has ended.
            _probeAgain |= suspicious;
            return;
        }

        _probing = true;
        var epoch = _epoch;
        var limit = suspicious && s_suspiciousLimit < _settings.Probe.Timeout ? s_suspiciousLimit : _settings.Probe.Timeout;
        server.Session.ProbeAsync(limit).PipeTo(Self, success: outcome => new Probed(epoch, outcome));
    }

    private void OnProbed(Probed probed)
    {
        if (probed.Epoch != _epoch)
        {
            return;
        }

        _probing = false;
        _node.Gauges.Probed(_name, probed.Outcome.Latency, probed.Outcome.Answered);
        Decide(new HealthInput.Probed(probed.Outcome));
        if (_probeAgain)
        {
            _probeAgain = false;
            OnProbe(suspicious: true);
        }
    }

    private void OnSigns()
    {
        if (_server?.ReadSigns() is { } signs)
        {
            Decide(new HealthInput.SignsRead(signs));
        }
    }

    private void OnSelfCheck()
    {
        if (_definition?.Process is not { } process || _settings.SelfCheck is not { } args)
        {
            return;
        }

        var epoch = _epoch;
        _node.Processes.RunAsync(process with { Args = args }, s_selfCheckLimit)
            .PipeTo(Self, success: fault => new SelfChecked(epoch, fault), failure: e => new SelfChecked(epoch, "It could not be run: " + e.GetType().Name + "."));
    }

    private void Decide(HealthInput input)
    {
        var before = _health;
        var (health, effects) = HealthDecider.Decide(before, input, _settings, _node.Time.GetUtcNow());
        _health = health;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case HealthEffect.ProbeAfter probe:
                    Schedule(probe);
                    break;
                case HealthEffect.StopProbing:
                    Timers.Cancel(ProbeNow.Key);
                    _nextProbe = null;
                    break;
                case HealthEffect.Restart restart:
                    Disconnect();
                    Context.Parent.Tell(new RestartWanted(restart.Why));
                    break;
            }
        }

        if (!ReferenceEquals(before, health))
        {
            Context.Parent.Tell(new Changed(health, _nextProbe));
        }
    }

    private void Schedule(HealthEffect.ProbeAfter probe)
    {
        var delay = probe.Jittered ? probe.Delay * (0.9 + (0.2 * Random.Shared.NextDouble())) : probe.Delay;
        _nextProbe = _node.Time.GetUtcNow() + delay;
        if (delay <= TimeSpan.Zero)
        {
            Timers.Cancel(ProbeNow.Key);
            OnProbe(probe.Suspicious);
        }
        else
        {
            Timers.StartSingleTimer(ProbeNow.Key, new ProbeNow(probe.Suspicious), delay);
        }
    }

    /// <summary>The health as it is now, for the server's actor.</summary>
    internal sealed record Changed(Health Health, DateTimeOffset? NextProbeAt);

    /// <summary>The decision to start the server again.</summary>
    internal sealed record RestartWanted(string Why);

    private sealed record ProbeNow(bool Suspicious)
    {
        public const string Key = "probe";
    }

    private sealed record Probed(int Epoch, ProbeOutcome Outcome);

    private sealed record SelfChecked(int Epoch, string? Fault);

    private sealed class LookAtSigns
    {
        public static LookAtSigns Instance { get; } = new();
    }

    private sealed class SelfCheck
    {
        public static SelfCheck Instance { get; } = new();
    }
}
