using System.Reflection;
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Tests.Agreement;

/// <summary>The generator references neither Definitions nor Runtime: what it believes of them is compared here.</summary>
public class KnownNamesTests
{
    private static readonly Assembly Definitions = typeof(Fovea.Backbone).Assembly;

    private static readonly Assembly Runtime = typeof(Fovea.Detector).Assembly;

    public static TheoryData<string> Attributes => [.. typeof(KnownNames).GetNestedTypes(BindingFlags.NonPublic).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Attributes))]
    public void EveryKnownArgument_Exists(string attribute)
    {
        var known = typeof(KnownNames).GetNestedType(attribute, BindingFlags.NonPublic)!;
        var type = Definition(known);
        var arguments = type.GetProperties().Where(p => p.CanWrite).Select(p => p.Name)
            .Concat(type.GetConstructors().SelectMany(c => c.GetParameters()).Select(p => p.Name!))
            .Concat(type.GetGenericArguments().Select(a => a.Name))
            .ToHashSet();

        Assert.Equal(arguments.Order(), Arguments(known).Order());
    }

    [Fact]
    public void EveryAttribute_IsKnown()
    {
        var known = typeof(KnownNames).GetNestedTypes(BindingFlags.NonPublic).Select(Definition);

        Assert.Empty(Definitions.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(Attribute))).Except(known));
    }

    [Fact]
    public void KnownTypesOfTheRuntime_Exist()
    {
        var names = typeof(KnownNames).GetFields().Select(f => (string)f.GetRawConstantValue()!)
            .Where(n => n.StartsWith("Fovea.", StringComparison.Ordinal));

        Assert.All(names, name => Assert.True(Runtime.GetType(name) is not null, $"{name} is not in Fovea.Runtime"));
    }

    [Fact]
    public void TheFolderOfGeneratedFiles_IsTheGeneratorsName() =>
        Assert.Equal(GeneratedFile.Folder, typeof(RetinaNetGenerator).FullName);

    /// <summary>The parser maps members by name, so each member of an attribute's enum must be a member of the spec's.</summary>
    [Theory]
    [InlineData(typeof(Fovea.ResidualBlock), typeof(BlockKind), "")]
    [InlineData(typeof(Fovea.Norm), typeof(NormKind), "None")]
    [InlineData(typeof(Fovea.HeadNorm), typeof(NormKind), "FrozenBatchNorm BatchNorm")]
    [InlineData(typeof(Fovea.NormStatistics), typeof(NormStatisticsKind), "")]
    [InlineData(typeof(Fovea.P6Source), typeof(Spec.P6Source), "")]
    [InlineData(typeof(Fovea.AnchorRounding), typeof(Heads.RetinaNet.AnchorRounding), "")]
    [InlineData(typeof(Fovea.AnchorStrides), typeof(Heads.RetinaNet.AnchorStrides), "")]
    public void EnumsOfAttributesAndSpec_HaveTheSameMembers(Type declared, Type spec, string except) =>
        Assert.Equal(Enum.GetNames(spec).Except(except.Split(' ')).Order(), Enum.GetNames(declared).Order());

    [Theory]
    [InlineData(typeof(Fovea.BoxLoss), typeof(Fovea.CompilerServices.BoxLossKind))]
    [InlineData(typeof(Fovea.LossNormalization), typeof(Fovea.CompilerServices.LossNormalizer))]
    public void EnumsOfAttributesAndRuntime_HaveTheSameMembers(Type declared, Type runtime) =>
        Assert.Equal(Enum.GetNames(runtime), Enum.GetNames(declared));

    [Fact]
    public void BackbonesAndPresets_AreThoseOfTheTables()
    {
        Assert.Equal(Enum.GetNames<Fovea.Backbone>(), BackboneTable.Names);
        Assert.Equal(Enum.GetNames<Fovea.Preset>(), PresetTable.Names);
    }

    private static Type Definition(Type known) =>
        Definitions.GetType((string)known.GetField("Attribute")!.GetRawConstantValue()!)
            ?? throw new InvalidOperationException($"{known.Name}: no such attribute");

    private static IEnumerable<string> Arguments(Type known) =>
        known.GetFields().Where(f => f.Name != "Attribute").Select(f => (string)f.GetRawConstantValue()!);
}
