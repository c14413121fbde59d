using System.Reflection;
using System.Text.RegularExpressions;

namespace Fovea.Cuda.Tests.ManagedCuda;

/// <summary>The package cannot be had everywhere, so the adapter's text is what is looked at.</summary>
public sealed class ManagedCudaDriverTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "ManagedCuda", "ManagedCudaDriver.cs"));

    public static TheoryData<string> Members =>
        new(typeof(ICudaDriver).GetMembers().Where(member => member is not MethodBase { IsSpecialName: true }).Select(member => member.Name)
            .Append(nameof(IDisposable.Dispose)).Distinct());

    [Theory]
    [MemberData(nameof(Members))]
    public void Each_member_is_there(string member) =>
        Assert.Matches(new Regex($@"^    public (event )?[\w.<>?]+ {member}\b(\(| =>|;|$)", RegexOptions.Multiline), Text);

    [Fact]
    public void No_member_is_left_for_later()
    {
        Assert.DoesNotContain("NotImplemented", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("NotSupported", Text, StringComparison.Ordinal);
    }

    /// <summary>ManagedCuda's static constructor fails if another resolver is set on its assembly.</summary>
    [Fact]
    public void The_library_is_resolved_by_the_load_context()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "ManagedCuda", "ManagedCudaLibrary.cs"));

        Assert.Contains("AssemblyLoadContext.Default.ResolvingUnmanagedDll +=", text, StringComparison.Ordinal);
        Assert.DoesNotContain("SetDllImportResolver", text, StringComparison.Ordinal);
    }
}
