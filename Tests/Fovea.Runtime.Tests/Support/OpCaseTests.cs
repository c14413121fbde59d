namespace Fovea.Tests.Support;

/// <summary>An operator's case table.</summary>
public interface IOpCases
{
    static abstract IEnumerable<OpCase> All();
}

/// <summary>What holds of every row of a table; the tests of an operator begin with it.</summary>
public abstract class OpCaseTests<TCases>
    where TCases : IOpCases
{
    private static readonly Dictionary<string, OpCase> Table = TCases.All().ToDictionary(c => c.Name);

    public static TheoryData<string> Cases => [.. Table.Keys];

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_the_reference(string name) => Table[name].MatchesReference();

    [Theory, MemberData(nameof(Cases))]
    public void Has_the_same_bits_at_any_worker_count(string name) => Table[name].SameBitsAtAnyWorkerCount();

    [Theory, MemberData(nameof(Cases))]
    public void Allocates_nothing(string name) => Table[name].AllocatesNothing();
}
