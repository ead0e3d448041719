using System.Globalization;
using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("data").FullName;

    private string Data => Path.Combine(_root, "deep", "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_new_folder_is_private_and_keeps_its_node_id()
    {
        string id;
        using (var data = DataDirectory.Open(Data + "/"))
        {
            id = data.NodeId;
            data.Path.Should().Be(Data);
            Directory.Exists(data.Logs).Should().BeTrue();
            Directory.Exists(data.Processes).Should().BeTrue();
            Directory.Exists(data.Folder("backups")).Should().BeTrue();
            if (!OperatingSystem.IsWindows())
            {
                foreach (var folder in Directory.GetDirectories(Data).Append(Data))
                {
                    File.GetUnixFileMode(folder).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }

                File.GetUnixFileMode(Path.Combine(Data, "node-id")).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        id.Should().MatchRegex("^[0-9a-f]{32}$");
        using var again = DataDirectory.Open(Data);
        again.NodeId.Should().Be(id);
    }

    [Fact]
    public void A_second_node_is_told_who_holds_the_folder()
    {
        using var first = DataDirectory.Open(Data);

        var second = () => DataDirectory.Open(Data);

        second.Should().Throw<DataDirectoryException>()
            .WithMessage($"Another node is using*process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.*--data*");
    }

    [Fact]
    public async Task A_child_does_not_keep_the_lock_of_its_node()
    {
        var first = DataDirectory.Open(Data);
        var child = ChildProcess.Start(new ChildStart { Definition = Processes.Define("cat"), NodeId = first.NodeId, Stderr = static _ => { } });
        first.Dispose();

        using var second = DataDirectory.Open(Data);

        second.NodeId.Should().Be(first.NodeId);
        await child.DisposeAsync();
    }

    [Fact]
    public void A_folder_that_others_could_read_is_closed_to_them()
    {
        Directory.CreateDirectory(Data);
        Native.Chmod(Data, 0b111_111_111);

        using var data = DataDirectory.Open(Data);

        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(Data).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_symbolic_link_is_refused_in_words()
    {
        Directory.CreateDirectory(Path.Combine(_root, "elsewhere"));
        Directory.CreateDirectory(Path.Combine(_root, "deep"));
        Directory.CreateSymbolicLink(Data, Path.Combine(_root, "elsewhere"));

        var open = () => DataDirectory.Open(Data);

        open.Should().Throw<DataDirectoryException>().WithMessage("*is a symbolic link*");
    }

    [Fact]
    public void A_file_in_its_place_is_refused_in_words()
    {
        Directory.CreateDirectory(Path.Combine(_root, "deep"));
        File.WriteAllText(Data, "");

        var open = () => DataDirectory.Open(Data);

        open.Should().Throw<DataDirectoryException>().WithMessage("*is not a folder*");
    }

    [Fact]
    public void Another_users_folder_is_refused_in_words()
    {
        // Only root can make one; for anybody else /root or / serves as well.
        var foreign = Native.EffectiveUser() == 0 ? Foreign() : "/";

        var open = () => DataDirectory.Open(foreign);

        open.Should().Throw<DataDirectoryException>().WithMessage("*belongs to user*");

        string Foreign()
        {
            Directory.CreateDirectory(Data);
            System.Diagnostics.Process.Start("chown", ["65534", Data]).WaitForExit();
            return Data;
        }
    }

    [Fact]
    public void A_spoilt_node_id_is_not_replaced_silently()
    {
        DataDirectory.Open(Data).Dispose();
        File.WriteAllText(Path.Combine(Data, "node-id"), "oops");

        var open = () => DataDirectory.Open(Data);

        open.Should().Throw<DataDirectoryException>().WithMessage("*does not hold a node id*");
    }
}
