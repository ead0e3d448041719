using System.Collections.Immutable;
using System.Globalization;
using McpActors.Core.Servers;

namespace McpActors.Core.Monitoring;

/// <summary>
/// Decides a server's state, its cause in words and the next action from what happens to it.
/// <code>
///   Unknown --Launching--> Starting --Connected--> Healthy &lt;---------------------------+
///      |                      |                       |  Probed slow x3, 3 of 10 lost    | good again
///      | Blocked              | Failed                +------------> Degraded -----------+
///      v                      v                       |  Probed failed x3, or a sign     |
///   Unreachable &lt;---Failed-- (any) ---budget spent--> CrashLooping     +--> Wedged / Unreachable / AuthNeeded
///                                                                       |
///                                                     wedged too long --+--> effect Restart
/// </code>
/// A failed probe is asked again after 1 s and 2 s before the state changes. A server that failed keeps its failed
/// state, with a cause that tells of the restarts, until it is connected: it does not flicker through Starting.
/// </summary>
public static class HealthDecider
{
    /// <summary>Failed probes in a row that change the state.</summary>
    public const int FailuresBeforeChange = 3;

    /// <summary>Probes looked at to call a server erratic, and how many of them must have failed.</summary>
    public const int ErraticWindow = 10, ErraticFailures = 3;

    /// <summary>Time between probes of a server in a bad state, where its own interval is longer.</summary>
    public static readonly TimeSpan BadStateInterval = TimeSpan.FromSeconds(10);

    // The handshake says that it lives; its first probe soon after says how fast it answers.
    private static readonly TimeSpan s_firstProbe = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan[] s_reprobes = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    /// <summary>The state after an input, and what to do.</summary>
    /// <param name="health">What was known before.</param>
    /// <param name="input">What happened.</param>
    /// <param name="settings">The server's settings.</param>
    /// <param name="now">When.</param>
    public static (Health Health, ImmutableList<HealthEffect> Effects) Decide(
        Health health, HealthInput input, ServerSettings settings, DateTimeOffset now) => input switch
        {
            HealthInput.Blocked blocked => (
                Disconnected(To(health, ServerState.Unreachable, now,
                    "It was not started: " + string.Join(" ", blocked.Faults.Select(f => f.Message)),
                    string.Join(" ", blocked.Faults.Select(f => f.Fix).Distinct()))),
                [new HealthEffect.StopProbing()]),
            HealthInput.WantedStopped stopped => (
                Disconnected(To(health, ServerState.Stopped, now, stopped.Why, "")), [new HealthEffect.StopProbing()]),
            HealthInput.Launching launching => (Launch(health, launching, now), [new HealthEffect.StopProbing()]),
            HealthInput.Connected connected => (
                To(health, ServerState.Healthy, now, "It answers.", "") with
                {
                    Connected = true,
                    HasProcess = connected.HasProcess,
                    FailuresInRow = 0,
                    StoppedReadings = 0,
                },
                [new HealthEffect.ProbeAfter(Shorter(s_firstProbe, settings.Probe.Interval), false, false)]),
            HealthInput.Failed failed => (Failed(health, failed, settings, now), [new HealthEffect.StopProbing()]),
            HealthInput.Examined examined => Examined(health, examined),
            HealthInput.Probed probed => Probed(health, probed.Outcome, settings, now),
            HealthInput.SignsRead read => Signs(health, read.Signs, settings, now),
            _ => throw new ArgumentOutOfRangeException(nameof(input), input.GetType().Name, "No such input."),
        };

    private static Health Launch(Health health, HealthInput.Launching launching, DateTimeOffset now) =>
        health.State is ServerState.Unknown or ServerState.Stopped or ServerState.Held or ServerState.Starting
        || launching.Attempt == 0
            ? Disconnected(To(health, ServerState.Starting, now, "It is being started.", ""))
            : Disconnected(health);

    private static Health Failed(Health health, HealthInput.Failed failed, ServerSettings settings, DateTimeOffset now)
    {
        var next = failed.Next;
        var detail = Sentence(failed.Detail);
        var recent = Push(health.Recent, new ProbeOutcome(now, TimeSpan.Zero, failed.Kind, failed.Detail));
        if (next.CrashLooping)
        {
            return Disconnected(To(health, ServerState.CrashLooping, now,
                $"It failed {next.Attempt} times within {Text(settings.Restart.Window)}. Last: {detail} Next try in {Text(next.After)}.",
                "Read its log, mend the reason, then restart it.")) with
            { Recent = recent };
        }

        var plan = failed.Reconnect
            ? $"Next try in {Text(next.After)}."
            : $"Restart {next.Attempt} of {settings.Restart.Budget} in {Text(next.After)}.";
        return Disconnected(Fail(health, failed.Kind, $"{detail} {plan}", now)) with { Recent = recent };
    }

    private static (Health, ImmutableList<HealthEffect>) Probed(
        Health health, ProbeOutcome outcome, ServerSettings settings, DateTimeOffset now)
    {
        if (!health.Connected)
        {
            // A probe that was under way when the connection ended says nothing about what comes next.
            return (health, []);
        }

        var next = health with { Recent = Push(health.Recent, outcome) };
        if (outcome.Answered)
        {
            next = next with { FailuresInRow = 0 };
            return (Answered(next, outcome, settings, now),
                [new HealthEffect.ProbeAfter(settings.Probe.Interval, true, false)]);
        }

        var failures = health.FailuresInRow + 1;
        next = next with { FailuresInRow = failures };
        var kind = outcome.Failure ?? FailureKind.Other;

        // A 401 or 403 is an answer in itself, and a sign in /proc confirms what the probe found: neither needs asking again.
        var certain = kind is FailureKind.Unauthorized or FailureKind.Forbidden || SignText(health.Signs) is not null;
        if (failures < FailuresBeforeChange && !certain && !IsBad(health.State))
        {
            return (next, [new HealthEffect.ProbeAfter(s_reprobes[Math.Min(failures, s_reprobes.Length) - 1], false, false)]);
        }

        var detail = outcome.Detail ?? kind.ToString();
        if (SignText(health.Signs) is { } sign)
        {
            detail = sign + " " + detail;
        }

        next = Fail(next, kind, detail, now);
        return RestartIfWedgedTooLong(next, settings, now,
            new HealthEffect.ProbeAfter(Shorter(BadStateInterval, settings.Probe.Interval), true, false));
    }

    private static (Health, ImmutableList<HealthEffect>) Examined(Health health, HealthInput.Examined examined)
    {
        var complaints = examined.Fault is { } fault
            ? health.Complaints.SetItem(examined.Subject, fault)
            : health.Complaints.Remove(examined.Subject);

        // The state is the next probe's to decide; a changed complaint only makes it come at once.
        return complaints == health.Complaints || !health.Connected
            ? (health with { Complaints = complaints }, [])
            : (health with { Complaints = complaints }, [new HealthEffect.ProbeAfter(TimeSpan.Zero, false, false)]);
    }

    private static Health Answered(Health health, ProbeOutcome outcome, ServerSettings settings, DateTimeOffset now)
    {
        var slow = 0;
        for (var i = health.Recent.Count - 1; i >= 0 && health.Recent[i] is { Answered: true } p && p.Latency > settings.Probe.Slow; i--)
        {
            slow++;
        }

        if (outcome.Detail is { } incomplete)
        {
            return To(health, ServerState.Degraded, now, $"It answers, but {incomplete}", "Read its log.");
        }

        if (slow >= FailuresBeforeChange)
        {
            return To(health, ServerState.Degraded, now,
                $"It answers in {Text(outcome.Latency)}; more than {Text(settings.Probe.Slow)} is slow.",
                "Look at its load, or raise probe.slow in mcpactors.json.");
        }

        if (health.Complaints.Count > 0)
        {
            return To(health, ServerState.Degraded, now,
                "It answers, but " + string.Join(" And ", health.Complaints.Select(c => $"{c.Key} fails: {Sentence(c.Value)}")),
                "Read its log, and mend what is named.");
        }

        // Failures that led to an outage have had their state; only those since the recovery make a server erratic.
        var lastBad = health.History.FindLastIndex(change => IsBad(change.State));
        var recovered = lastBad < 0 ? DateTimeOffset.MinValue
            : lastBad + 1 < health.History.Count ? health.History[lastBad + 1].At : now;
        var lost = health.Recent.Skip(Math.Max(0, health.Recent.Count - ErraticWindow)).Count(p => !p.Answered && p.At >= recovered);
        return lost >= ErraticFailures
            ? To(health, ServerState.Degraded, now,
                $"It answers erratically: {lost} of the last {Math.Min(ErraticWindow, health.Recent.Count)} probes failed.",
                "Read its log for what happened at those times.")
            : To(health, ServerState.Healthy, now, "It answers.", "");
    }

    private static (Health, ImmutableList<HealthEffect>) Signs(
        Health health, ProcessSigns signs, ServerSettings settings, DateTimeOffset now)
    {
        var before = SignText(health.Signs);
        var after = SignText(signs);
        var next = health with { Signs = signs, StoppedReadings = signs.IsStopped ? health.StoppedReadings + 1 : 0 };
        if (!health.Connected)
        {
            return (next, []);
        }

        // Two readings, a few seconds apart: a debugger or a checkpoint may stop a process for a moment.
        if (next.StoppedReadings >= 2 && health.State is not ServerState.Wedged)
        {
            return (To(next, ServerState.Wedged, now, after ?? "", StoppedAction), []);
        }

        if (after != before && (after is not null || IsBad(health.State)))
        {
            return (next, [new HealthEffect.ProbeAfter(TimeSpan.Zero, false, true)]);
        }

        return health.State is ServerState.Wedged ? RestartIfWedgedTooLong(next, settings, now, null) : (next, []);
    }

    private const string StoppedAction = "Continue it (kill -CONT), or wait: it is restarted when it stays so.";

    private static (Health, ImmutableList<HealthEffect>) RestartIfWedgedTooLong(
        Health health, ServerSettings settings, DateTimeOffset now, HealthEffect? otherwise)
    {
        var limit = settings.Restart.WedgedAfter;
        if (health.State is ServerState.Wedged && health.HasProcess && limit > TimeSpan.Zero && now - health.Since >= limit)
        {
            return (Disconnected(health), [new HealthEffect.StopProbing(),
                new HealthEffect.Restart($"It was wedged for {Text(now - health.Since)}: {health.Cause}")]);
        }

        return (health, otherwise is null ? [] : [otherwise]);
    }

    private static Health Fail(Health health, FailureKind kind, string detail, DateTimeOffset now)
    {
        var (state, action) = kind switch
        {
            FailureKind.Unauthorized => (ServerState.AuthNeeded, "Give it valid credentials (headers in the fleet file, or sign in)."),
            FailureKind.Forbidden => (ServerState.AuthNeeded, "Give it credentials with enough rights."),
            FailureKind.Refused => (ServerState.Unreachable, "Start the server, or correct its url."),
            FailureKind.NoRoute => (ServerState.Unreachable, "Check the host name and the network."),
            FailureKind.Tls => (ServerState.Unreachable, "Check its certificate, its host name and the trusted authorities."),
            FailureKind.GatewayError => (ServerState.Unreachable, "Look at the server behind the gateway."),
            FailureKind.NotStarted => (ServerState.Unreachable, "Correct its command in the fleet file."),
            FailureKind.ConnectionLost => (ServerState.Unreachable, "Read its log."),
            FailureKind.HttpError => (ServerState.Wedged, "Check that its url is the MCP endpoint."),
            FailureKind.DeadProtocol => (ServerState.Wedged, "Check that its url or command really is an MCP server."),
            FailureKind.Other => (ServerState.Unreachable, "Read its log."),
            _ => (ServerState.Wedged, health.Signs?.IsStopped == true ? StoppedAction : "Read its log; it is restarted when it stays so."),
        };
        return To(health, state, now, detail, action);
    }

    private static string? SignText(ProcessSigns? signs) => signs switch
    {
        null => null,
        { IsDead: true } => "Its process is dead.",
        { IsStopped: true } => "Its process is stopped (SIGSTOP or a debugger).",
        { StoppedDescendants: > 0 } => $"{signs.StoppedDescendants} of its child processes is stopped (SIGSTOP or a debugger).",
        { DeadDescendants: > 0 } => $"{signs.DeadDescendants} of its child processes is dead and not collected.",
        { UnreadInputBytes: > 0 } => "It does not read its input.",
        _ => null,
    };

    private static bool IsBad(ServerState state) =>
        state is ServerState.Wedged or ServerState.Unreachable or ServerState.AuthNeeded or ServerState.CrashLooping;

    private static Health To(Health health, ServerState state, DateTimeOffset now, string cause, string action) =>
        health.State == state
            ? health with { Cause = cause, NextAction = action }
            : health with
            {
                State = state,
                Cause = cause,
                NextAction = action,
                Since = now,
                History = Push(health.History, new StateChange(now, state, cause)),
            };

    private static Health Disconnected(Health health) =>
        health with
        {
            Connected = false,
            Signs = null,
            StoppedReadings = 0,
            FailuresInRow = 0,
            Complaints = ImmutableSortedDictionary<string, string>.Empty,
        };

    private static ImmutableList<T> Push<T>(ImmutableList<T> list, T item) =>
        (list.Count >= Health.RecentLimit ? list.RemoveAt(0) : list).Add(item);

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static string Sentence(string text) => text.Length == 0 || text[^1] is '.' or '!' or '?' ? text : text + ".";

    /// <summary>A duration for people: <c>250 ms</c>, <c>4.2 s</c>, <c>10 min</c>.</summary>
    public static string Text(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
    };
}
