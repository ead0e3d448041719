using FluentAssertions;
using McpActors.Actors.Servers.Connections;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Connections;

/// <summary>How many servers start at once.</summary>
public sealed class StartGateSpec
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Only_as_many_as_allowed_are_in_at_once_and_the_next_enters_when_one_leaves()
    {
        using var gate = new StartGate(2, _time);
        using var first = await gate.EnterAsync(default);
        using var second = await gate.EnterAsync(default);
        var third = gate.EnterAsync(default);
        third.IsCompleted.Should().BeFalse();

        first.Dispose();

        using var entered = await third.WaitAsync(s_bound);
        gate.EnterAsync(new CancellationToken(true)).IsCompletedSuccessfully.Should().BeFalse();
    }

    [Fact]
    public async Task A_turn_ends_by_itself_after_ten_seconds_and_then_ends_only_once()
    {
        using var gate = new StartGate(1, _time);
        var hanging = await gate.EnterAsync(default);
        var second = gate.EnterAsync(default);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        second.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.2));
        using var entered = await second.WaitAsync(s_bound);

        // The one that hung ends late: its turn was given away already and must not be given twice.
        hanging.Dispose();
        hanging.Dispose();
        gate.EnterAsync(default).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task Who_stops_waiting_takes_no_turn()
    {
        using var gate = new StartGate(1, _time);
        var first = await gate.EnterAsync(default);
        using var giveUp = new CancellationTokenSource();
        var waiting = gate.EnterAsync(giveUp.Token);
        await giveUp.CancelAsync();
        await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<OperationCanceledException>();

        first.Dispose();

        using var next = await gate.EnterAsync(default).WaitAsync(s_bound);
    }
}
