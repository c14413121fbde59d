namespace Fovea.Cuda.Tests.Support;

/// <summary>There is one simulated GPU in a process, whose failures and memory are its own: these tests take turns.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Simulated
{
    public const string Name = "The simulated GPU";
}
