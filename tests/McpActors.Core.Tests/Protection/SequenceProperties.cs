using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using McpActors.Core.Protection;

namespace McpActors.Core.Tests.Protection;

/// <summary>Long random sequences over three requests for two targets, against a model that is plain bookkeeping.</summary>
public sealed class SequenceProperties
{
    private static readonly PrincipalId[] s_people = [World.Alice, World.Bob, World.Carol, World.Dave, World.Robot];

    public static Arbitrary<int[]> Programs() => Arb.From(
        Gen.Choose(0, 1_000_000).ListOf(70).Select(steps => steps.ToArray()),
        program => Enumerable.Range(0, program.Length).Select(skip => program.Where((_, i) => i != skip).ToArray()));

    [Property(MaxTest = 150, Arbitrary = [typeof(SequenceProperties)])]
    public void Every_sequence_goes_as_the_model_says_and_replays_to_the_same_state(int[] program)
    {
        var world = new World();
        var model = new Model();
        foreach (var step in program)
        {
            Step(world, model, step);
            model.Check(world);
        }

        var replayed = world.Replayed();
        replayed.Should().BeEquivalentTo(world.State, o => o.ComparingByMembers<AuthorizationState>().Excluding(s => s.Policy));
        CheckJournal(world);
    }

    private static void Step(World world, Model model, int step)
    {
        var who = s_people[step / 100 % s_people.Length];
        var slot = step / 1000 % 3;
        switch (step % 16)
        {
            case 0 or 1:
                model.File(world, slot, who, critical: step / 10_000 % 2 == 0);
                break;
            case 2 or 3 or 4 or 5 when model[slot] is { } entry:
                var issue = world.Approve(entry.Request, who);
                model.Approved(entry, who, issue);
                break;
            case 6 when model[slot] is { } entry && step / 10_000 % 3 == 0:
                model.Denied(entry, who, world.Deny(entry.Request, who).Accepted);
                break;
            case 7 when model[slot] is { } entry && step / 10_000 % 2 == 0:
                model.Cancelled(entry, who, world.Cancel(entry.Request, who).Accepted);
                break;
            case 8 or 9 or 10 when model[slot] is { } entry:
                // Mostly the right token and the right person, sometimes those of another request.
                var tokenSlot = step / 10_000 % 5 == 0 ? (slot + 1) % 3 : slot;
                var holder = step / 10_000 % 7 == 0 ? who : entry.Request.Requester;
                model.Consumed(entry, holder, model[tokenSlot], world.Consume(entry.Request, model[tokenSlot]?.Token, holder).Accepted);
                break;
            case 11 when model[slot] is { } entry:
                var outcome = (OperationOutcome)((step / 10_000 % 3) + 1);
                Model.Completed(entry, outcome, world.Complete(entry.Request, outcome).Accepted);
                break;
            case 12 when model[slot] is { } entry:
                model.Reconciled(entry, who, world.Do(new AuthorizationCommand.Reconcile(entry.Request.Id, who, world.Directory, "looked")).Accepted);
                break;
            case 13:
                world.Now += TimeSpan.FromMinutes(step / 1000 % 12);
                world.Must(new AuthorizationCommand.Tick());
                model.Passed(world.Now);
                break;
            case 14:
                world.Change(who, p => p with { Enabled = !p.Enabled });
                model.Toggle(who);
                break;
            case 15 when step / 1000 % 4 == 0:
                world.Must(new AuthorizationCommand.Recover([]));
                model.Recovered();
                break;
        }
    }

    // The oracle on the journal alone: what an auditor could check.
    private static void CheckJournal(World world)
    {
        foreach (var consumed in world.Events.OfType<AuthorizationEvent.Consumed>())
        {
            var before = world.Events.TakeWhile(e => e != consumed).ToList();
            var request = before.OfType<AuthorizationEvent.Requested>().Single(e => e.Request.Id == consumed.Id).Request;
            consumed.Digest.Should().Be(request.Digest);
            before.OfType<AuthorizationEvent.Authorized>().Should().ContainSingle(e => e.Id == consumed.Id);
            before.OfType<AuthorizationEvent.ApprovalGiven>().Where(e => e.Id == consumed.Id && e.Digest == consumed.Digest && e.By != request.Requester)
                .Select(e => e.By).Distinct().Count().Should().BeGreaterThanOrEqualTo(request.RequiredApprovals);
            before.OfType<AuthorizationEvent.TokenSealed>().Last(e => e.Id == consumed.Id).Token.Should().Be(consumed.Token);
        }

        world.Events.OfType<AuthorizationEvent.Consumed>().Select(e => e.Id).Should().OnlyHaveUniqueItems();
        world.Events.Select(e => e.At).Should().BeInAscendingOrder();
    }

    private sealed class Entry(AuthorizationRequest request)
    {
        public AuthorizationRequest Request { get; } = request;

        public AuthorizationPhase Phase { get; set; } = AuthorizationPhase.Pending;

        public HashSet<PrincipalId> By { get; } = [];

        public string? Token { get; set; }

        public bool Freezes { get; set; }

        public string Target => Request.Targets[0].Target.Id;
    }

    private sealed class Model
    {
        private readonly Entry?[] _slots = new Entry?[3];
        private readonly List<Entry> _all = [];
        private readonly HashSet<PrincipalId> _disabled = [];

        public Entry? this[int slot] => _slots[slot];

        public void Toggle(PrincipalId who) => _ = _disabled.Remove(who) || _disabled.Add(who);

        public void File(World world, int slot, PrincipalId who, bool critical)
        {
            var target = slot == 2 ? "b" : "a";
            // A parameter of its own each time: the cool-down after denials has tests of its own.
            var draft = World.Draft(critical ? Operations.Restore : Operations.Restart, target, $$"""{"n":{{_all.Count}}}""");
            var submission = world.Submission(draft, who);
            var open = _all.Count(e => e.Phase.IsOpen() && e.Request.Requester == who);
            var expected = !_disabled.Contains(who) && who != World.Carol && open < 10 && !_all.Any(e => e.Freezes && e.Target == target);
            world.Do(submission).Accepted.Should().Be(expected);
            if (expected)
            {
                _all.Add(_slots[slot] = new Entry(world.State.Requests[submission.Id].Request));
            }
        }

        public void Approved(Entry entry, PrincipalId who, Issue issue)
        {
            var expected = Approver(who) && entry.Phase == AuthorizationPhase.Pending && who != entry.Request.Requester && !entry.By.Contains(who);
            issue.Decision.Accepted.Should().Be(expected);
            if (expected)
            {
                entry.By.Add(who);
                entry.Phase = Enough(entry) ? AuthorizationPhase.Approved : AuthorizationPhase.Pending;
                (issue.Token is not null).Should().Be(entry.Phase == AuthorizationPhase.Approved);
                entry.Token = issue.Token?.Text;
            }
        }

        public void Denied(Entry entry, PrincipalId who, bool accepted) => Move(entry, accepted, Approver(who) && entry.Phase.IsOpen(), AuthorizationPhase.Denied);

        public void Cancelled(Entry entry, PrincipalId who, bool accepted) =>
            Move(entry, accepted, !_disabled.Contains(who) && who == entry.Request.Requester && entry.Phase.IsOpen(), AuthorizationPhase.Cancelled);

        public void Consumed(Entry entry, PrincipalId holder, Entry? tokenOf, bool accepted) => Move(
            entry,
            accepted,
            !_disabled.Contains(holder) && holder == entry.Request.Requester && tokenOf == entry && entry.Token is not null
                && entry.Phase == AuthorizationPhase.Approved && Enough(entry)
                && !_all.Any(e => (e.Freezes || e.Phase == AuthorizationPhase.Consumed) && e.Target == entry.Target),
            AuthorizationPhase.Consumed);

        public static void Completed(Entry entry, OperationOutcome outcome, bool accepted)
        {
            Move(entry, accepted, entry.Phase == AuthorizationPhase.Consumed, outcome switch
            {
                OperationOutcome.Succeeded => AuthorizationPhase.Succeeded,
                OperationOutcome.Failed => AuthorizationPhase.Failed,
                _ => AuthorizationPhase.Indeterminate,
            });
            entry.Freezes |= accepted && outcome == OperationOutcome.Indeterminate;
        }

        public void Reconciled(Entry entry, PrincipalId who, bool accepted)
        {
            accepted.Should().Be(Approver(who) && entry.Freezes);
            entry.Freezes &= !accepted;
        }

        public void Recovered()
        {
            foreach (var entry in _all.Where(e => e.Phase == AuthorizationPhase.Consumed))
            {
                entry.Phase = AuthorizationPhase.Indeterminate;
                entry.Freezes = true;
            }
        }

        public void Passed(DateTimeOffset now)
        {
            foreach (var entry in _all.Where(e => e.Phase.IsOpen() && now >= e.Request.CreatedAt.AddMinutes(30)))
            {
                entry.Phase = AuthorizationPhase.Expired;
            }
        }

        public void Check(World world)
        {
            foreach (var entry in _all)
            {
                world.Phase(entry.Request).Should().Be(entry.Phase);
            }

            world.State.Frozen.Keys.Select(k => k.Id).Should().BeEquivalentTo(_all.Where(e => e.Freezes).Select(e => e.Target).Distinct());
        }

        private static void Move(Entry entry, bool accepted, bool expected, AuthorizationPhase to)
        {
            accepted.Should().Be(expected);
            entry.Phase = accepted ? to : entry.Phase;
        }

        private bool Approver(PrincipalId who) => who != World.Robot && !_disabled.Contains(who);

        private bool Enough(Entry entry) =>
            entry.By.Count(who => !_disabled.Contains(who)) >= (entry.Request.Operation == Operations.Restore ? 2 : 1);
    }
}
