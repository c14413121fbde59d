using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

[Trait("Needs", "Goldens")]
[Collection(GoldenReport.Collection)]
public class HashedTensorsTests
{
    [SkippableFact]
    public void The_recipe_reproduces_the_manifests_own_examples()
    {
        Skip.IfNot(GoldenManifest.Found, $"No goldens in {GoldenManifest.Folder}; set FOVEA_GOLDENS.");
        Skip.If(GoldenManifest.HashExamples is null, $"The manifest in {GoldenManifest.Folder} has no examples of its hash.");
        var test = GoldenManifest.HashExamples.Value;
        const string name = "backbone.body.conv1.weight";
        var key = HashedTensors.Key(name, 1);

        Assert.Equal(test.GetProperty("lowbias32(1)").GetUInt32(), HashedTensors.LowBias32(1));
        Assert.Equal(test.GetProperty("lowbias32(0xFFFFFFFF)").GetUInt32(), HashedTensors.LowBias32(0xFFFFFFFF));
        Assert.Equal(test.GetProperty($"fnv1a32('{name}')").GetUInt32(), HashedTensors.Fnv1a32(name));
        Assert.Equal(test.GetProperty($"key('{name}',seed=1)").GetUInt32(), key);
        var expected = test.GetProperty("u[0..4] for that key").EnumerateArray().Select(e => (float)e.GetDouble()).ToArray();
        for (var j = 0; j < expected.Length; j++)
        {
            Assert.Equal(expected[j], HashedTensors.Unit((uint)j, key));
        }
    }
}
