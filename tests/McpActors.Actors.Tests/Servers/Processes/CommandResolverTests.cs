using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class CommandResolverTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resolver").FullName;
    private readonly Processes _processes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _processes.StopAllAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_missing_command_names_the_PATH_that_was_searched()
    {
        var refusal = Refusal("no-such-program", "/usr/bin:/bin");

        refusal.Code.Should().Be(StartRefusal.CommandNotFound);
        refusal.Words.Should().Contain("\"no-such-program\"").And.Contain("/usr/bin:/bin").And.Contain("Install it");
    }

    [Fact]
    public void The_PATH_of_the_childs_own_environment_is_searched()
    {
        Write("tool", "#!/bin/sh\nexit 0\n");

        CommandResolver.Resolve("tool", _folder, $"/nowhere:{_folder}").Found!.Path.Should().Be(Path.Combine(_folder, "tool"));
        CommandResolver.Resolve("tool", _folder, null).Refusal!.Code.Should().Be(StartRefusal.CommandNotFound);
    }

    [Fact]
    public void A_relative_path_counts_from_the_working_directory()
    {
        Write("tool", "#!/bin/sh\n");

        CommandResolver.Resolve("./tool", _folder, null).Found!.Path.Should().Be(Path.Combine(_folder, "tool"));
    }

    [Fact]
    public void A_file_without_the_executable_bit_says_chmod()
    {
        Write("tool", "#!/bin/sh\n", executable: false);

        var refusal = Refusal("./tool");

        refusal.Code.Should().Be(StartRefusal.NotExecutable);
        refusal.Words.Should().Contain("chmod +x");
    }

    [Fact]
    public void An_executable_further_on_in_the_PATH_wins_over_a_file_that_is_none()
    {
        Write("cat", "text", executable: false);

        CommandResolver.Resolve("cat", "/", $"{_folder}:/usr/bin:/bin").Found!.Path.Should().EndWith("bin/cat");
    }

    [Fact]
    public void A_folder_is_no_command() => Refusal(_folder).Message.Should().Contain("is a folder");

    [Fact]
    public void A_missing_interpreter_is_named()
    {
        Write("tool", "#!/opt/nowhere/node --flag\n");

        Refusal("./tool").Message.Should().Contain("/opt/nowhere/node").And.Contain("does not exist");
    }

    [Fact]
    public void A_script_with_Windows_line_ends_says_so()
    {
        Write("tool", "#!/bin/sh\r\nexit 0\r\n");

        Refusal("./tool").Message.Should().Contain("carriage return");
    }

    [Fact]
    public void A_missing_working_directory_is_named()
    {
        var (_, refusal) = CommandResolver.Resolve("cat", Path.Combine(_folder, "gone"), "/bin");

        refusal!.Code.Should().Be(StartRefusal.NoWorkingDirectory);
        refusal.Message.Should().Contain("gone");
    }

    [Fact]
    public async Task A_script_without_a_first_line_runs_by_sh()
    {
        Write("tool", "echo \"by sh: $1\"\n");

        var child = _processes.Start(Processes.Define("./tool", "x y") with { WorkingDirectory = _folder });

        (await new StreamReader(child.Stdout).ReadToEndAsync()).Should().Be("by sh: x y\n");
    }

    [Fact]
    public void A_binary_of_another_machine_is_refused_in_words()
    {
        File.WriteAllBytes(Path.Combine(_folder, "tool"), [0x7f, (byte)'E', (byte)'L', (byte)'F', 9, 9, 9, 0, 0]);
        Native.Chmod(Path.Combine(_folder, "tool"), 0b101_000_000);

        var start = () => _processes.Start(Processes.Define("./tool") with { WorkingDirectory = _folder });

        start.Should().Throw<ProcessStartException>().WithMessage("*not a program for this machine*");
    }

    private StartRefusal Refusal(string command, string? path = "/bin")
    {
        var (found, refusal) = CommandResolver.Resolve(command, _folder, path);
        found.Should().BeNull();
        return refusal!;
    }

    private void Write(string name, string text, bool executable = true)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        Native.Chmod(file, executable ? 0b111_000_000u : 0b110_000_000u);
    }
}
