using System.Collections.Immutable;
using FluentAssertions;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Monitoring;

public class HealthDeciderTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly ServerSettings s_settings = new();

    private readonly List<HealthEffect> _effects = [];
    private Health _health = Health.Initial(s_start);
    private DateTimeOffset _now = s_start;

    public static TheoryData<FailureKind, ServerState> StateOfEveryFailure => new()
    {
        { FailureKind.Timeout, ServerState.Wedged },
        { FailureKind.DeadProtocol, ServerState.Wedged },
        { FailureKind.Oversized, ServerState.Wedged },
        { FailureKind.ServerError, ServerState.Wedged },
        { FailureKind.HttpError, ServerState.Wedged },
        { FailureKind.Refused, ServerState.Unreachable },
        { FailureKind.NoRoute, ServerState.Unreachable },
        { FailureKind.Tls, ServerState.Unreachable },
        { FailureKind.GatewayError, ServerState.Unreachable },
        { FailureKind.ConnectionLost, ServerState.Unreachable },
        { FailureKind.NotStarted, ServerState.Unreachable },
        { FailureKind.Other, ServerState.Unreachable },
        { FailureKind.Unauthorized, ServerState.AuthNeeded },
        { FailureKind.Forbidden, ServerState.AuthNeeded },
    };

    [Fact]
    public void The_table_of_failures_names_every_kind() =>
        StateOfEveryFailure.Select(row => (FailureKind)row[0]).Should().BeEquivalentTo(Enum.GetValues<FailureKind>());

    [Theory]
    [MemberData(nameof(StateOfEveryFailure))]
    public void Three_failed_probes_give_the_state_of_their_kind(FailureKind kind, ServerState expected)
    {
        Connect();
        for (var i = 0; i < 3; i++)
        {
            Probe(failure: kind);
        }

        _health.State.Should().Be(expected);
        _health.NextAction.Should().NotBeEmpty("a bad state names what to do");
        _health.Cause.Should().Contain("because");
    }

    [Theory]
    [MemberData(nameof(StateOfEveryFailure))]
    public void A_failed_start_gives_the_state_of_its_kind_at_once(FailureKind kind, ServerState expected)
    {
        Give(new HealthInput.Launching(0));
        Give(new HealthInput.Failed(kind, "it said no", new RestartStep(TimeSpan.FromSeconds(1), 1, false), Reconnect: false));

        _health.State.Should().Be(expected);
        _health.Cause.Should().Be("it said no. Restart 1 of 5 in 1 s.");
        _effects.Should().ContainSingle().Which.Should().BeOfType<HealthEffect.StopProbing>();
    }

    [Fact]
    public void A_failed_probe_is_asked_again_after_one_and_after_two_seconds_before_the_state_changes()
    {
        Connect();

        Probe(failure: FailureKind.Timeout);
        _health.State.Should().Be(ServerState.Healthy);
        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.FromSeconds(1), false, false));

        Probe(failure: FailureKind.Timeout);
        _health.State.Should().Be(ServerState.Healthy);
        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.FromSeconds(2), false, false));

        Probe(failure: FailureKind.Timeout);
        _health.State.Should().Be(ServerState.Wedged);
        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.FromSeconds(10), true, false));
    }

    [Fact]
    public void One_answer_between_failures_starts_the_count_anew()
    {
        Connect();
        Probe(failure: FailureKind.Timeout);
        Probe(failure: FailureKind.Timeout);
        Probe(latency: 5);
        Probe(failure: FailureKind.Timeout);

        _health.State.Should().Be(ServerState.Healthy);
        _health.FailuresInRow.Should().Be(1);
    }

    [Theory]
    [InlineData(FailureKind.Unauthorized)]
    [InlineData(FailureKind.Forbidden)]
    public void A_401_or_403_is_an_answer_and_needs_no_second_question(FailureKind kind)
    {
        Connect();
        Probe(failure: kind);

        _health.State.Should().Be(ServerState.AuthNeeded);
    }

    [Fact]
    public void A_bad_state_stays_since_its_begin_while_its_cause_is_kept_current()
    {
        Connect();
        for (var i = 0; i < 3; i++)
        {
            Probe(failure: FailureKind.Refused);
        }

        var since = _health.Since;
        Probe(failure: FailureKind.Refused, detail: "another word");

        _health.Since.Should().Be(since);
        _health.Cause.Should().Be("another word");
        Probe(latency: 3);
        _health.State.Should().Be(ServerState.Healthy);
        _health.Since.Should().Be(_now);
    }

    [Fact]
    public void Three_slow_answers_in_a_row_are_degraded_and_one_quick_one_is_healthy_again()
    {
        Connect();
        Probe(latency: 1500);
        Probe(latency: 1500);
        _health.State.Should().Be(ServerState.Healthy);
        Probe(latency: 1500);
        _health.State.Should().Be(ServerState.Degraded);
        _health.Cause.Should().Be("It answers in 1.5 s; more than 1 s is slow.");
        Probe(latency: 20);
        _health.State.Should().Be(ServerState.Healthy);
    }

    [Fact]
    public void Three_losses_among_the_last_ten_probes_are_erratic()
    {
        Connect();
        for (var i = 0; i < 3; i++)
        {
            Probe(failure: FailureKind.Timeout);
            Probe(latency: 5);
        }

        _health.State.Should().Be(ServerState.Degraded);
        _health.Cause.Should().StartWith("It answers erratically: 3 of the last");
        for (var i = 0; i < 10; i++)
        {
            Probe(latency: 5);
        }

        _health.State.Should().Be(ServerState.Healthy);
    }

    [Fact]
    public void A_server_back_from_an_outage_is_not_called_erratic_for_it()
    {
        Connect();
        for (var i = 0; i < 5; i++)
        {
            Probe(failure: FailureKind.Timeout);
        }

        Probe(latency: 5);
        _health.State.Should().Be(ServerState.Healthy);
        Probe(latency: 5);
        _health.State.Should().Be(ServerState.Healthy);
    }

    [Fact]
    public void An_answer_in_part_is_degraded()
    {
        Connect();
        Probe(latency: 5, detail: "tools/list fails with -32603.");

        _health.State.Should().Be(ServerState.Degraded);
        _health.Cause.Should().Be("It answers, but tools/list fails with -32603.");
    }

    [Fact]
    public void Two_readings_of_a_stopped_process_are_wedged_without_a_call()
    {
        Connect();
        Signs('T');
        _health.State.Should().Be(ServerState.Healthy);
        Signs('T');

        _health.State.Should().Be(ServerState.Wedged);
        _health.Cause.Should().Contain("stopped");
        _health.NextAction.Should().Contain("kill -CONT");
    }

    [Fact]
    public void A_continued_process_is_probed_at_once_and_is_healthy_when_it_answers()
    {
        Connect();
        Signs('T');
        Signs('T');
        Signs('S');
        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.Zero, false, true));
        Probe(latency: 5);

        _health.State.Should().Be(ServerState.Healthy);
    }

    [Fact]
    public void A_stopped_child_process_asks_for_a_probe_whose_failure_is_final()
    {
        Connect();
        Give(new HealthInput.SignsRead(new ProcessSigns('S', 2, 0, 1, 0, 0)));
        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.Zero, false, true));
        Probe(failure: FailureKind.Timeout);

        _health.State.Should().Be(ServerState.Wedged);
        _health.Cause.Should().Contain("child processes is stopped");
    }

    [Fact]
    public void A_helper_that_is_stopped_while_the_server_answers_changes_nothing()
    {
        Connect();
        Give(new HealthInput.SignsRead(new ProcessSigns('S', 2, 0, 1, 0, 0)));
        Probe(latency: 3);

        _health.State.Should().Be(ServerState.Healthy);
    }

    [Fact]
    public void Unread_input_asks_for_a_probe()
    {
        Connect();
        Give(new HealthInput.SignsRead(new ProcessSigns('S', 1, 0, 0, 768, 0)));

        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.Zero, false, true));
    }

    [Fact]
    public void A_server_wedged_for_too_long_is_restarted()
    {
        Connect();
        Signs('T');
        Signs('T');
        _now += TimeSpan.FromSeconds(59);
        Signs('T');
        _effects.Should().BeEmpty();
        _now += TimeSpan.FromSeconds(1);
        Signs('T');

        _effects.OfType<HealthEffect.Restart>().Should().ContainSingle().Which.Why.Should().Contain("wedged for 60");
    }

    [Fact]
    public void A_wedged_remote_server_is_not_restarted_since_nobody_here_started_it()
    {
        Give(new HealthInput.Connected(HasProcess: false));
        for (var i = 0; i < 3; i++)
        {
            Probe(failure: FailureKind.Timeout);
        }

        _now += TimeSpan.FromHours(1);
        Probe(failure: FailureKind.Timeout);

        _effects.OfType<HealthEffect.Restart>().Should().BeEmpty();
    }

    [Fact]
    public void A_spent_budget_is_crash_looping_with_the_last_reason()
    {
        Connect();
        Give(new HealthInput.Failed(FailureKind.ConnectionLost, "It exited with code 3", new RestartStep(TimeSpan.FromMinutes(5), 6, true), false));

        _health.State.Should().Be(ServerState.CrashLooping);
        _health.Cause.Should().Be("It failed 6 times within 10 min. Last: It exited with code 3. Next try in 5 min.");
    }

    [Fact]
    public void A_slow_retry_does_not_flicker_through_starting()
    {
        Give(new HealthInput.Failed(FailureKind.ConnectionLost, "gone", new RestartStep(TimeSpan.FromMinutes(5), 6, true), false));
        var before = _health.History.Count;
        Give(new HealthInput.Launching(6));
        Give(new HealthInput.Failed(FailureKind.ConnectionLost, "gone", new RestartStep(TimeSpan.FromMinutes(5), 6, true), false));

        _health.State.Should().Be(ServerState.CrashLooping);
        _health.History.Should().HaveCount(before);
    }

    [Fact]
    public void A_fault_in_the_declaration_says_what_is_wrong_and_what_to_do()
    {
        Give(new HealthInput.Blocked([new Diagnostic("unset_variable", DiagnosticSeverity.Error,
            new SourcePosition("f", 3, 4), "a", "The variable TOKEN is not set.", "Set it before the node starts.")]));

        _health.State.Should().Be(ServerState.Unreachable);
        _health.Cause.Should().Be("It was not started: The variable TOKEN is not set.");
        _health.NextAction.Should().Be("Set it before the node starts.");
    }

    [Fact]
    public void A_complaint_degrades_and_its_end_heals_at_the_next_answer()
    {
        Connect();
        Give(new HealthInput.Examined("its self-check", "exit 4"));
        _effects.Should().Equal(new HealthEffect.ProbeAfter(TimeSpan.Zero, false, false));
        Probe(latency: 2);
        _health.State.Should().Be(ServerState.Degraded);
        _health.Cause.Should().Be("It answers, but its self-check fails: exit 4.");
        Give(new HealthInput.Examined("its self-check", null));
        Probe(latency: 2);

        _health.State.Should().Be(ServerState.Healthy);
    }

    [Fact]
    public void A_probe_that_ends_after_the_connection_says_nothing()
    {
        Connect();
        Give(new HealthInput.Failed(FailureKind.ConnectionLost, "gone", new RestartStep(TimeSpan.FromSeconds(1), 1, false), false));
        Probe(latency: 2);

        _health.State.Should().Be(ServerState.Unreachable);
    }

    [Fact]
    public void Histories_are_bounded()
    {
        Connect();
        for (var i = 0; i < 100; i++)
        {
            Probe(latency: 2, detail: i % 2 == 0 ? "half." : null);
        }

        _health.Recent.Should().HaveCount(Health.RecentLimit);
        _health.History.Should().HaveCount(Health.RecentLimit);
    }

    private void Connect() => Give(new HealthInput.Connected(HasProcess: true));

    private void Signs(char state) => Give(new HealthInput.SignsRead(new ProcessSigns(state, 1, 0, 0, 0, 0)));

    private void Probe(double latency = 0, FailureKind? failure = null, string? detail = null)
    {
        _now += TimeSpan.FromSeconds(1);
        Give(new HealthInput.Probed(new ProbeOutcome(_now, TimeSpan.FromMilliseconds(latency), failure, detail ?? (failure is null ? null : $"because {failure}"))));
    }

    private void Give(HealthInput input)
    {
        (_health, ImmutableList<HealthEffect> effects) = HealthDecider.Decide(_health, input, s_settings, _now);
        _effects.Clear();
        _effects.AddRange(effects);
    }
}
